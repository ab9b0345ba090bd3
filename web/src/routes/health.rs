//! `GET /healthz`: the process is alive. `GET /readyz`: web can do its work, and a worker is there.
//! `GET /healthz/door`: webhooks can be taken. `GET /healthz/work`: work gets done.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use birdcall_common::{telemetry::LineLimit, work_check::find_work_problems};
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
    let (status, mut words) = answer("ready", &problems);
    if status == StatusCode::OK {
        words.push_str(&list_pauses(&app).await);
    }
    (status, words)
}

/// Whether web can take webhooks: the database is available and the schema is current. It does not
/// ask about workers, so a load balancer that asks here sends texts to web while no worker is running.
/// They are kept until one is.
pub(crate) async fn door(State(app): State<Arc<App>>) -> (StatusCode, String) {
    let _alone = app.asked_if_ready.lock().await;
    answer("open", &find_trouble_with_the_database(&app).await)
}

/// Whether work gets done: a worker has lately finished a probe of each queue, and no text is long
/// overdue. Monitoring asks here; a load balancer must not.
pub(crate) async fn work(State(app): State<Arc<App>>) -> (StatusCode, String) {
    let _alone = app.asked_if_ready.lock().await;
    let mut problems = find_trouble_with_the_database(&app).await;
    if problems.is_empty() {
        let found = find_work_problems(&app.ledger, app.config.limits.work, app.now());
        problems = found.await.unwrap_or_else(|error| not_available(&error));
    }
    answer("working", &problems)
}

fn answer(good: &str, problems: &[String]) -> (StatusCode, String) {
    match problems {
        [] => (StatusCode::OK, format!("{good}\n")),
        _ => (
            StatusCode::SERVICE_UNAVAILABLE,
            format!("{}\n", problems.join("\n")),
        ),
    }
}

async fn find_trouble_with_the_database(app: &App) -> Vec<String> {
    match app.ledger.schema_state().await {
        Ok(SchemaState::Current) => Vec::new(),
        Ok(SchemaState::Behind | SchemaState::Absent) => {
            vec!["the schema is not up to date yet".to_owned()]
        }
        Err(SchemaError::Unavailable(error)) => not_available(&error),
        Err(error) => vec![error.to_string()],
    }
}

async fn find_problems(app: &App) -> Vec<String> {
    let trouble = find_trouble_with_the_database(app).await;
    if !trouble.is_empty() {
        return trouble;
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
        tracing::warn!(%error, more, "a question about health was answered 503");
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
