//! Allowing, inviting and removing people who may sign up.

use std::sync::Arc;

use axum::{
    Form,
    extract::{Path, State},
    response::Response,
};
use birdcall_common::invitation::invitation;
use birdcall_domain::{
    people::{Allowing, Inviting, Note, Removal},
    phone::Phone,
};
use birdcall_ledger::{
    LedgerResult,
    people::{Invitation, NewPerson, Person},
};
use serde::Deserialize;

use super::{Why, back};
use crate::{
    console::{
        named,
        session::{Administers, Operates, SignedIn},
    },
    state::App,
};

/// The form that names a number.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Named {
    phone: String,
    note: String,
    reason: String,
}

impl Named {
    /// The number and the note; or the word that says what is wrong. An empty note says nothing.
    fn read(&self) -> Result<(Phone, Option<Note>), &'static str> {
        let note: Note = self.note.parse().map_err(|_| "bad-note")?;
        let note = Some(note).filter(|note| !note.as_str().is_empty());
        Ok((phone(&self.phone).ok_or("bad-number")?, note))
    }
}

/// A number as people write it: `+1 (555) 123-0001`. Without `+`, its country would be a guess.
fn phone(words: &str) -> Option<Phone> {
    let without_marks: String = words
        .chars()
        .filter(|c| !" -().\u{a0}".contains(*c))
        .collect();
    without_marks.parse().ok()
}

pub(crate) async fn allow(
    State(app): State<Arc<App>>,
    Administers(operator): Administers,
    Form(named): Form<Named>,
) -> Response {
    let word = match named.read() {
        Ok((phone, note)) => {
            let person = NewPerson {
                id: &app.random.id(),
                phone: &phone,
                note: note.as_ref(),
            };
            let by = operator.by(&named.reason);
            let allowed = app.ledger.allow_person(person, by, app.now()).await;
            allowed.map(word_of_allowing)
        }
        Err(word) => Ok(word),
    };
    back(&app, "/people", word)
}

pub(crate) async fn invite_new(
    State(app): State<Arc<App>>,
    Administers(operator): Administers,
    Form(named): Form<Named>,
) -> Response {
    let word = match named.read() {
        Ok((phone, note)) => {
            let reason = &named.reason;
            invite_number(&app, &operator, &phone, note.as_ref(), reason).await
        }
        Err(word) => Ok(word),
    };
    back(&app, "/people", word)
}

pub(crate) async fn invite(
    State(app): State<Arc<App>>,
    Administers(operator): Administers,
    Path(id): Path<String>,
    Form(why): Form<Why>,
) -> Response {
    let word = match app.ledger.person(&id).await {
        Ok(Some(Person { phone, .. })) => {
            invite_number(&app, &operator, &phone, None, &why.reason).await
        }
        Ok(None) => return back(&app, "/people", Ok("not-listed")),
        Err(error) => Err(error),
    };
    back(&app, &format!("/people/{id}"), word)
}

async fn invite_number(
    app: &App,
    operator: &SignedIn,
    phone: &Phone,
    note: Option<&Note>,
    reason: &str,
) -> LedgerResult<&'static str> {
    let (id, now) = (app.random.id(), app.now());
    let new = Invitation {
        person: NewPerson {
            id: &id,
            phone,
            note,
        },
        reply: &invitation(&app.config, &app.vault, phone, &id, now),
        again_after: app.config.limits.invite_again_after,
    };
    let by = operator.by(reason);
    let invited = app.ledger.invite_person(new, by, now).await?;
    Ok(word_of_inviting(invited))
}

pub(crate) async fn remove(
    State(app): State<Arc<App>>,
    Administers(operator): Administers,
    Path(id): Path<String>,
    Form(why): Form<Why>,
) -> Response {
    let removed = match app.ledger.person(&id).await {
        Ok(Some(Person { phone, .. })) => {
            let by = operator.by(&why.reason);
            let removed = app.ledger.remove_person(&phone, by, app.now()).await;
            removed.map(word_of_removal)
        }
        Ok(None) => Ok("not-listed"),
        Err(error) => Err(error),
    };
    back(&app, "/people", removed)
}

pub(crate) async fn reveal(
    State(app): State<Arc<App>>,
    Operates(operator): Operates,
    Path(id): Path<String>,
    Form(why): Form<Why>,
) -> Result<Response, Response> {
    let person = named::row(&app, app.ledger.person(&id).await).await?;
    let masked = person.phone.masked();
    let revealed = super::reveal(&app, &operator, &person.id, &masked, &why).await;
    Ok(back(&app, &format!("/people/{id}"), revealed))
}

fn word_of_allowing(allowing: Allowing) -> &'static str {
    match allowing {
        Allowing::Allowed => "allowed",
        Allowing::NoteChanged => "note-changed",
        Allowing::AlreadyAllowed => "was-allowed",
        Allowing::Blocked => "person-blocked",
    }
}

fn word_of_inviting(inviting: Inviting) -> &'static str {
    match inviting {
        Inviting::Invited => "invited",
        Inviting::Linked => "invite-linked",
        Inviting::Blocked => "person-blocked",
        Inviting::OptedOut => "invite-opted-out",
        Inviting::Stopped => "invite-stopped",
        Inviting::InvitedBefore => "invited-before",
        Inviting::TooManyLinks => "invite-links",
        Inviting::TooManyStrangers => "invite-strangers",
    }
}

fn word_of_removal(removal: Removal) -> &'static str {
    match removal {
        Removal::Removed => "person-removed",
        Removal::RemovedAndLinked => "person-removed-linked",
        Removal::NotListed => "not-listed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::act::Told;

    #[test]
    fn a_number_is_written_with_its_country() {
        for (words, expected) in [
            ("+15551230001", Some("+15551230001")),
            (" +1 (555) 123-0001 ", Some("+15551230001")),
            ("15551230001", None),
            ("555 123 0001", None),
            ("+1555 call me", None),
            ("", None),
        ] {
            let read = phone(words);
            assert_eq!(read.as_ref().map(Phone::as_str), expected, "{words}");
        }
    }

    #[test]
    fn every_end_is_told() {
        let allowing = [
            Allowing::Allowed,
            Allowing::NoteChanged,
            Allowing::AlreadyAllowed,
            Allowing::Blocked,
        ];
        let inviting = [
            Inviting::Invited,
            Inviting::Linked,
            Inviting::Blocked,
            Inviting::OptedOut,
            Inviting::Stopped,
            Inviting::InvitedBefore,
            Inviting::TooManyLinks,
            Inviting::TooManyStrangers,
        ];
        let removals = [
            Removal::Removed,
            Removal::RemovedAndLinked,
            Removal::NotListed,
        ];
        let words = allowing.map(word_of_allowing).into_iter();
        let words = words.chain(inviting.map(word_of_inviting));
        let words = words.chain(removals.map(word_of_removal));
        for word in words.chain(["bad-number", "bad-note"]) {
            assert!(Told::new(word).notice().is_some(), "{word}");
        }
    }
}
