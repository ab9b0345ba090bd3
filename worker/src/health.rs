//! The worker's own address: `/healthz`, `/readyz` and `/metrics`.

use std::sync::Arc;

use axum::{Router, extract::State, http::StatusCode, response::IntoResponse, routing::get};
use birdcall_common::{
    server::{self, show_metrics},
    telemetry::LineLimit,
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

async fn ready(State(context): State<Arc<Context>>) -> impl IntoResponse {
    match context.ledger.schema_state().await {
        Ok(SchemaState::Current) => (StatusCode::OK, "ready\n".to_owned()),
        Ok(SchemaState::Behind | SchemaState::Absent) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "the schema is not up to date yet\n".to_owned(),
        ),
        Err(error) => {
            static NOT_READY: LineLimit = LineLimit::new();
            if let Some(more) = NOT_READY.admit() {
                tracing::warn!(%error, more, "/readyz answered 503");
            }
            (
                StatusCode::SERVICE_UNAVAILABLE,
                "the database is not available\n".to_owned(),
            )
        }
    }
}
