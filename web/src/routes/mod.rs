//! One file a route.

pub(crate) mod auth_callback;
pub(crate) mod auth_page;
pub(crate) mod auth_start;
pub(crate) mod health;
pub(crate) mod message;
pub(crate) mod metrics;
pub(crate) mod status;

use axum::{http::StatusCode, response::Response};

use crate::pages::Page;

/// Every other path.
pub(crate) async fn not_found() -> Response {
    Page::not_found().with(StatusCode::NOT_FOUND)
}
