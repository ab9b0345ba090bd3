//! Measures how long Twilio waits at the door: from the head of a webhook to its answer.

use axum::{extract::Request, middleware::Next, response::Response};
use birdcall_domain::clock::Stopwatch;

pub(crate) async fn measure_message(request: Request, next: Next) -> Response {
    measure("message", request, next).await
}

pub(crate) async fn measure_status(request: Request, next: Next) -> Response {
    measure("status", request, next).await
}

async fn measure(route: &'static str, request: Request, next: Next) -> Response {
    let begun = Stopwatch::start();
    let response = next.run(request).await;
    // Anybody can cause a 4xx, and slowly: it has a series of its own.
    let answer = match response.status().as_u16() {
        200..=299 => "2xx",
        400..=499 => "4xx",
        _ => "5xx",
    };
    metrics::histogram!("birdcall_webhook_duration_seconds", "route" => route, "answer" => answer)
        .record(begun.elapsed());
    response
}
