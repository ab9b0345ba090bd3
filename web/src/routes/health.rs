//! `GET /healthz`: the process is alive. `GET /readyz`: web can do its work.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use birdcall_common::telemetry::LineLimit;
use birdcall_ledger::{
    LedgerError,
    pauses::PausedQueue,
    schema::{SchemaError, SchemaState},
};

use crate::state::App;

pub(crate) async fn alive() -> &'static str {
    "ok\n"
}

/// Web is ready if the database is available, the schema is current, and a worker was seen within the
/// last minute. The answer has one line for each problem. It also names paused queues, but a paused
/// queue is not a problem: texts are still accepted.
pub(crate) async fn ready(State(app): State<Arc<App>>) -> (StatusCode, String) {
    let _alone = app.asked_if_ready.lock().await;
    let problems = find_problems(&app).await;
    if problems.is_empty() {
        (
            StatusCode::OK,
            format!("ready\n{}", list_pauses(&app).await),
        )
    } else {
        (
            StatusCode::SERVICE_UNAVAILABLE,
            format!("{}\n", problems.join("\n")),
        )
    }
}

async fn find_problems(app: &App) -> Vec<String> {
    match app.ledger.schema_state().await {
        Ok(SchemaState::Current) => {}
        Ok(SchemaState::Behind | SchemaState::Absent) => {
            return vec!["the schema is not up to date yet".to_owned()];
        }
        Err(SchemaError::Unavailable(error)) => {
            return not_available(&error);
        }
        Err(error) => return vec![error.to_string()],
    }
    match app.ledger.workers_alive(app.now()).await {
        Ok(0) => vec!["no worker was seen within the last minute".to_owned()],
        Ok(_) => Vec::new(),
        Err(error) => not_available(&error),
    }
}

/// Says that the database is not available. Anybody can ask, so not every time is logged.
fn not_available(error: &LedgerError) -> Vec<String> {
    static NOT_READY: LineLimit = LineLimit::new();
    if let Some(more) = NOT_READY.admit() {
        tracing::warn!(%error, more, "/readyz answered 503");
    }
    vec!["the database is not available".to_owned()]
}

async fn list_pauses(app: &App) -> String {
    let pauses = app.ledger.pauses().await.unwrap_or_default();
    let line = |pause: PausedQueue| {
        format!(
            "paused: {} ({}) since {}\n",
            pause.queue, pause.reason, pause.since
        )
    };
    pauses.into_iter().map(line).collect()
}
