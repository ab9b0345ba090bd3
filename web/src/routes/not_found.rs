//! Every path without a route of its own is answered with a page.

use axum::{http::StatusCode, response::Response};

use crate::pages::Page;

pub(crate) async fn show_not_found() -> Response {
    Page::not_found().with_status(StatusCode::NOT_FOUND)
}
