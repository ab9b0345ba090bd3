//! The stylesheet, the script and the icon of the console.

use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};

/// They change with the program only, and a browser that keeps them for a few minutes is up to date
/// soon after an upgrade.
const KEPT: HeaderValue = HeaderValue::from_static("max-age=300");

pub(super) async fn style() -> Response {
    answer(
        "text/css; charset=utf-8",
        include_str!("../../assets/console.css"),
    )
}

pub(super) async fn script() -> Response {
    answer(
        "text/javascript; charset=utf-8",
        include_str!("../../assets/console.js"),
    )
}

pub(super) async fn icon() -> Response {
    answer("image/svg+xml", include_str!("../../assets/icon.svg"))
}

fn answer(content_type: &'static str, body: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(content_type)),
        (header::CACHE_CONTROL, KEPT),
    ];
    (headers, body).into_response()
}
