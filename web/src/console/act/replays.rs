//! Replays of many: begun and stopped.

use std::sync::Arc;

use axum::{
    Form,
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
};
use birdcall_domain::replay_run::{BeginReplay, StopReplay};
use birdcall_ledger::audit::By;
use serde::Deserialize;

use super::{Why, back};
use crate::{
    console::{
        asked::{Asked, query_of},
        session::Operates,
    },
    routes::not_found::show_not_found,
    state::App,
};

/// The form below a plan. The address of the form names the texts.
#[derive(Deserialize)]
pub(crate) struct Order {
    /// Made with the page: pressing the button twice begins one replay.
    key: String,
    #[serde(default)]
    pace: String,
    #[serde(default)]
    reason: String,
}

pub(crate) async fn begin(
    State(app): State<Arc<App>>,
    Operates(operator): Operates,
    asked: Asked,
    Form(form): Form<Order>,
) -> Response {
    let pace = match form.pace.trim() {
        "" => asked.pace.clone(),
        pace => pace.to_owned(),
    };
    let asked = Asked { pace, ..asked };
    let now = app.now();
    let order = match asked.order(app.config.limits.replay_pace, now) {
        Ok(order) if is_key(&form.key) => order,
        // The page of the plan says what is wrong.
        _ => return plan(&app, &asked.query(), None),
    };
    let by = By {
        audit_id: &form.key,
        ..operator.by(&form.reason)
    };
    match app.ledger.begin_replay(&order, by, now).await {
        Ok(BeginReplay::Begun(run)) => {
            back(&app, &format!("/replays/{}", run.id), Ok("replay-begun"))
        }
        Ok(BeginReplay::NothingToDo) => plan(&app, &query_of(&order), Some("replay-nothing")),
        Ok(BeginReplay::TooMany(_)) => plan(&app, &query_of(&order), Some("replay-too-many")),
        Err(error) => back(&app, "", Err(error)),
    }
}

/// Back to the plan.
fn plan(app: &App, query: &str, done: Option<&str>) -> Response {
    let done = done.map(|word| format!("&done={word}")).unwrap_or_default();
    let path = format!("/replays/plan?{query}{done}");
    Redirect::to(&app.console(&path)).into_response()
}

/// Whether it may have been made with a page.
fn is_key(key: &str) -> bool {
    let is_of_key = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (16..=64).contains(&key.len()) && key.bytes().all(is_of_key)
}

pub(crate) async fn stop(
    State(app): State<Arc<App>>,
    Operates(operator): Operates,
    Path(id): Path<String>,
    Form(why): Form<Why>,
) -> Response {
    let by = operator.by(&why.reason);
    let word = match app.ledger.stop_replay(&id, by, app.now()).await {
        Ok(StopReplay::Stopped) => Ok("replay-stopped"),
        Ok(StopReplay::WasOver) => Ok("replay-was-over"),
        Ok(StopReplay::Unknown) => return show_not_found(State(app)).await,
        Err(error) => Err(error),
    };
    back(&app, &format!("/replays/{id}"), word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_what_a_page_makes() {
        for (key, expected) in [
            ("abcDEF0123_-abcD", true),
            ("", false),
            ("short", false),
            ("with a space in it", false),
            ("with'quotes'in-it'", false),
        ] {
            assert_eq!(is_key(key), expected, "{key}");
        }
    }
}
