//! `birdcall people list`.

use birdcall_common::config;
use birdcall_domain::{clock::Timestamp, phone::Phone, reply::ReplyState, wording::age};
use birdcall_ledger::{
    Ledger,
    people::{PeopleFilter, Person, Standing},
};
use serde::Serialize;

use crate::{environment::now, failure::Done, output};

/// The name of the setting, in place of an operator's.
const BY_SETTING: &str = "ALLOWED_NUMBERS";

/// A number that may sign up.
#[derive(Serialize)]
struct PersonView {
    phone: String,
    note: String,
    /// The operator's name, or that of the setting.
    allowed_by: String,
    allowed_at: Option<String>,
    invited_by: Option<String>,
    invited_at: Option<String>,
    /// The state of the last invitation.
    invitation: Option<ReplyState>,
    delivery: Option<String>,
    stopped_at: Option<String>,
    linked: bool,
    blocked: bool,
    #[serde(skip)]
    times: Times,
}

#[derive(Default)]
struct Times {
    allowed: Option<Timestamp>,
    invited: Option<Timestamp>,
}

impl From<Person> for PersonView {
    fn from(person: Person) -> Self {
        Self {
            phone: person.phone.as_str().to_owned(),
            note: person.note,
            allowed_by: person.allowed_by,
            allowed_at: Some(person.allowed_at.to_rfc3339()),
            invited_by: person.invited_by,
            invited_at: person.invited_at.map(Timestamp::to_rfc3339),
            invitation: person.invitation,
            delivery: person.delivery,
            stopped_at: person.stopped_at.map(Timestamp::to_rfc3339),
            linked: person.is_linked,
            blocked: person.is_blocked,
            times: Times {
                allowed: Some(person.allowed_at),
                invited: person.invited_at,
            },
        }
    }
}

impl PersonView {
    /// What there is to know about the number, in a few words.
    fn standing(&self) -> &'static str {
        match self {
            Self { blocked: true, .. } => "blocked",
            Self { linked: true, .. } => "linked",
            Self {
                stopped_at: Some(_),
                ..
            } => "texted \\STOP",
            _ => "may sign up",
        }
    }

    fn invited(&self, now: Timestamp) -> String {
        let Some(at) = self.times.invited else {
            return String::new();
        };
        let state = self.delivery.clone();
        let state = state.or(self.invitation.map(|state| state.to_string()));
        match state {
            Some(state) => format!("{} ({state})", age(at, now)),
            None => age(at, now),
        }
    }
}

pub(super) async fn run(ledger: &Ledger, limit: i64, json: bool) -> Done {
    let by_setting = config::sign_up_from_env()?;
    let filter = PeopleFilter {
        behind: None,
        limit,
    };
    let people = ledger.people(&filter).await?;
    let shown = people.len();
    let mut views: Vec<PersonView> = people.into_iter().map(PersonView::from).collect();
    let standings = ledger.standings(by_setting.numbers()).await?;
    views.extend(by_setting.numbers().iter().map(|phone| {
        let standing = standings.get(phone).copied().unwrap_or_default();
        of_setting(phone, standing)
    }));
    let now = now();
    let columns = ["phone", "note", "standing", "allowed", "by", "invited"];
    output::list(&views, json, &columns, |view| {
        vec![
            view.phone.clone(),
            view.note.clone(),
            view.standing().to_owned(),
            view.times.allowed.map_or(String::new(), |at| age(at, now)),
            view.allowed_by.clone(),
            view.invited(now),
        ]
    });
    let total = ledger.people_total().await?;
    output::shown(shown, total, "numbers that operators allowed", json);
    Ok(())
}

fn of_setting(phone: &Phone, standing: Standing) -> PersonView {
    PersonView {
        phone: phone.as_str().to_owned(),
        note: String::new(),
        allowed_by: BY_SETTING.to_owned(),
        allowed_at: None,
        invited_by: None,
        invited_at: None,
        invitation: None,
        delivery: None,
        stopped_at: None,
        linked: standing.is_linked,
        blocked: standing.is_blocked,
        times: Times::default(),
    }
}
