//! What the console changes. Each action is one method of the ledger, which guards and audits it; here
//! is the form, and the page that says what became of it.

pub(super) mod download;
pub(super) mod endings;
pub(super) mod erase;
pub(super) mod numbers;
pub(super) mod operators;
pub(super) mod people;
pub(super) mod replays;
pub(super) mod reply;
mod told;

use std::sync::Arc;

use axum::{
    Form,
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
};
use birdcall_domain::{
    queue::Queue,
    text::{MessageSid, Replay},
};
use birdcall_ledger::{LedgerResult, replay::ReplayOrder};
use serde::Deserialize;

pub(super) use told::Told;

use super::{
    named::{self, Named},
    session::{Operates, SignedIn},
};
use crate::state::App;

/// What every form of an action may have.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Why {
    reason: String,
}

/// Back to a page, which then says what became of the action.
fn back(app: &App, path: &str, word: LedgerResult<&str>) -> Response {
    match word {
        Ok(word) => Redirect::to(&app.console(&format!("{path}?done={word}"))).into_response(),
        Err(error) => {
            tracing::error!(%error, "an action of the console failed");
            app.trouble()
        }
    }
}

pub(super) async fn reveal_text(
    State(app): State<Arc<App>>,
    Operates(operator): Operates,
    Named(sid): Named<MessageSid>,
    Form(why): Form<Why>,
) -> Response {
    let sid = sid.as_str();
    let revealed = reveal(&app, &operator, sid, sid, &why).await;
    back(&app, &format!("/texts/{sid}"), revealed)
}

pub(super) async fn reveal_account(
    State(app): State<Arc<App>>,
    Operates(operator): Operates,
    Path(id): Path<String>,
    Form(why): Form<Why>,
) -> Result<Response, Response> {
    let row = named::row(&app, app.ledger.account(&id).await).await?;
    let masked = row.phone.masked();
    let revealed = reveal(&app, &operator, &row.id, &masked, &why).await;
    Ok(back(&app, &format!("/accounts/{id}"), revealed))
}

pub(super) async fn reveal_blocked(
    State(app): State<Arc<App>>,
    Operates(operator): Operates,
    Path(id): Path<String>,
    Form(why): Form<Why>,
) -> Result<Response, Response> {
    let row = named::row(&app, app.ledger.blocked_number(&id).await).await?;
    let masked = row.phone.masked();
    let revealed = reveal(&app, &operator, &row.id, &masked, &why).await;
    Ok(back(&app, &format!("/blocked/{id}"), revealed))
}

async fn reveal(
    app: &App,
    operator: &SignedIn,
    subject: &str,
    masked: &str,
    why: &Why,
) -> LedgerResult<&'static str> {
    let now = app.now();
    let until = now + app.config.limits.console.reveal;
    let by = operator.by(&why.reason);
    app.ledger
        .reveal(&operator.session, subject, masked, until, by, now)
        .await?;
    Ok("revealed")
}

pub(super) async fn replay(
    State(app): State<Arc<App>>,
    Operates(operator): Operates,
    Named(sid): Named<MessageSid>,
    Form(why): Form<Why>,
) -> Response {
    let order = ReplayOrder {
        force: false,
        dry_run: false,
        retry_horizon: app.config.limits.retry_horizon,
        by: operator.by(&why.reason),
    };
    let replayed = app.ledger.replay(&sid, order, app.now()).await;
    back(&app, &format!("/texts/{sid}"), replayed.map(word_of))
}

fn word_of(replay: Replay) -> &'static str {
    match replay {
        Replay::Again => "replayed",
        Replay::LookUp => "replay-looks",
        Replay::LookUpOnly => "replay-looks-only",
        Replay::Open => "replay-woken",
        Replay::TakenBack => "replay-taken-back",
        Replay::AlreadyPosted => "replay-posted",
        Replay::NotAPost | Replay::NoWords | Replay::Forgotten | Replay::Unknown => {
            "replay-refused"
        }
    }
}

pub(super) async fn pause(
    State(app): State<Arc<App>>,
    Operates(operator): Operates,
    Named(queue): Named<Queue>,
    Form(why): Form<Why>,
) -> Response {
    let by = operator.by(&why.reason);
    let paused = app.ledger.pause_queue(queue, by, app.now()).await;
    let word = paused.map(|paused| match paused.changed {
        true => "paused",
        false => "was-paused",
    });
    back(&app, "/jobs", word)
}

pub(super) async fn resume(
    State(app): State<Arc<App>>,
    Operates(operator): Operates,
    Named(queue): Named<Queue>,
    Form(why): Form<Why>,
) -> Response {
    let by = operator.by(&why.reason);
    let resumed = app.ledger.resume_queue(queue, by, app.now()).await;
    let word = resumed.map(|resumed| match resumed.changed {
        true => "resumed",
        false => "was-not-paused",
    });
    back(&app, "/jobs", word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_says_only_what_is_in_the_table() {
        assert!(Told::new("").notice().is_none());
        assert!(Told::new("Call this number").notice().is_none());
        for replay in [
            Replay::Again,
            Replay::LookUp,
            Replay::LookUpOnly,
            Replay::Open,
            Replay::TakenBack,
            Replay::AlreadyPosted,
            Replay::NotAPost,
        ] {
            assert!(Told::new(word_of(replay)).notice().is_some(), "{replay:?}");
        }
    }
}
