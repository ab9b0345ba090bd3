//! Addresses and methods without a route of their own are answered with a page.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};

use crate::{pages::Page, state::App};

pub(crate) async fn show_not_found(State(app): State<Arc<App>>) -> Response {
    app.show_plain(&Page::not_found(), StatusCode::NOT_FOUND)
}

pub(crate) async fn show_wrong_method(State(app): State<Arc<App>>) -> Response {
    app.show_plain(&Page::not_found(), StatusCode::METHOD_NOT_ALLOWED)
}
