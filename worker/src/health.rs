//! The worker's own address: `/healthz`, `/readyz` and `/metrics`.

use std::sync::Arc;

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
    routing::get,
};
use birdcall_common::telemetry;
use birdcall_ledger::schema::SchemaState;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::context::Context;

pub(crate) async fn serve(
    context: Arc<Context>,
    listener: TcpListener,
    shutdown: CancellationToken,
) {
    let router = Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(context);
    let served = axum::serve(listener, router)
        .with_graceful_shutdown(shutdown.cancelled_owned())
        .await;
    if let Err(error) = served {
        tracing::error!(%error, "health and metrics are no longer served");
    }
}

async fn ready(State(context): State<Arc<Context>>) -> impl IntoResponse {
    match context.ledger.schema_state().await {
        Ok(SchemaState::Current) => (StatusCode::OK, "ready\n".to_owned()),
        Ok(SchemaState::Behind | SchemaState::Absent) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "the schema is not up to date yet\n".to_owned(),
        ),
        Err(error) => {
            tracing::warn!(%error, "/readyz answered 503");
            (
                StatusCode::SERVICE_UNAVAILABLE,
                "the database is not available\n".to_owned(),
            )
        }
    }
}

async fn metrics() -> impl IntoResponse {
    (
        [(header::CONTENT_TYPE, "text/plain; version=0.0.4")],
        telemetry::metrics_text(),
    )
}
