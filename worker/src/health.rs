//! The worker's own address: `/healthz`, `/readyz` and `/metrics`.

use std::sync::Arc;

use axum::{Router, extract::State, http::StatusCode, routing::get};
use birdcall_common::{
    server::{self, show_metrics},
    telemetry::LineLimit,
    work_check::find_work_problems,
};
use birdcall_ledger::schema::SchemaState;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::context::Context;

pub(crate) async fn serve(
    context: Arc<Context>,
    listener: TcpListener,
    shutdown: &CancellationToken,
) {
    let limits = context.config.limits.connections.internal();
    let router = Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .route("/metrics", get(show_metrics))
        .with_state(context);
    server::serve(listener, router, limits, shutdown).await;
}

/// A worker is ready if the database is available, the schema is current, and work gets done: a worker
/// has lately finished a probe of each queue, and no text is long overdue.
async fn ready(State(context): State<Arc<Context>>) -> (StatusCode, String) {
    // One question at a time, so that many questions do not take the connections from the work.
    let _alone = context.asked_if_ready.lock().await;
    let problems = match context.ledger.schema_state().await {
        Ok(SchemaState::Current) => {
            let (limits, now) = (context.config.limits.work, context.now());
            let found = find_work_problems(&context.ledger, limits, now).await;
            found.unwrap_or_else(|error| not_available(&error))
        }
        Ok(SchemaState::Behind | SchemaState::Absent) => {
            vec!["the schema is not up to date yet".to_owned()]
        }
        Err(error) => not_available(&error),
    };
    match problems.as_slice() {
        [] => (StatusCode::OK, "ready\n".to_owned()),
        problems => (
            StatusCode::SERVICE_UNAVAILABLE,
            format!("{}\n", problems.join("\n")),
        ),
    }
}

fn not_available(error: &dyn std::fmt::Display) -> Vec<String> {
    static NOT_READY: LineLimit = LineLimit::new();
    if let Some(more) = NOT_READY.admit() {
        tracing::warn!(%error, more, "/readyz answered 503");
    }
    vec!["the database is not available".to_owned()]
}
