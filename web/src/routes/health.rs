//! `GET /healthz`: alive. `GET /readyz`: able to serve.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use birdcall_ledger::schema::{SchemaError, SchemaState};

use crate::state::App;

pub(crate) async fn alive() -> &'static str {
    "ok\n"
}

/// The database is reachable, its schema known, and a worker was seen within the last minute; what
/// is wrong is said in one line each. A paused queue is told of, and is no reason not to serve.
pub(crate) async fn ready(State(app): State<Arc<App>>) -> (StatusCode, String) {
    let problems = problems(&app).await;
    if problems.is_empty() {
        (StatusCode::OK, format!("ready\n{}", paused(&app).await))
    } else {
        (
            StatusCode::SERVICE_UNAVAILABLE,
            format!("{}\n", problems.join("\n")),
        )
    }
}

async fn problems(app: &App) -> Vec<String> {
    match app.ledger.schema_state().await {
        Ok(SchemaState::Current) => {}
        Ok(SchemaState::Behind) => return vec!["the schema is not up yet".to_owned()],
        Err(SchemaError::Unavailable(error)) => {
            tracing::warn!(%error, "not ready");
            return vec!["the database is not available".to_owned()];
        }
        Err(error) => return vec![error.to_string()],
    }
    match app.ledger.workers_alive(app.now()).await {
        Ok(0) => vec!["no worker was seen within the last minute".to_owned()],
        Ok(_) => Vec::new(),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            vec!["the database is not available".to_owned()]
        }
    }
}

async fn paused(app: &App) -> String {
    let pauses = app.ledger.pauses().await.unwrap_or_default();
    let line = |pause: birdcall_ledger::pauses::PausedQueue| {
        format!(
            "paused: {} ({}) since {}\n",
            pause.queue, pause.reason, pause.since
        )
    };
    pauses.into_iter().map(line).collect()
}
