//! `GET /metrics`: the metrics of this process as Prometheus text. It reads nothing but memory.

use axum::{http::header, response::IntoResponse};

use crate::telemetry;

/// Shows the metrics.
pub async fn show_metrics() -> impl IntoResponse {
    (
        [(header::CONTENT_TYPE, "text/plain; version=0.0.4")],
        telemetry::metrics_text(),
    )
}
