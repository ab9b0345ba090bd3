//! The error bodies of the REST API.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use serde_json::json;

pub(super) fn error(status: StatusCode, code: u32, message: &str) -> Response {
    let body = json!({
        "code": code,
        "message": message,
        "more_info": format!("https://www.twilio.com/docs/errors/{code}"),
        "status": status.as_u16(),
    });
    (status, Json(body)).into_response()
}

/// Refuses a request because of its parameters.
pub(super) fn bad(code: u32, message: &str) -> Response {
    error(StatusCode::BAD_REQUEST, code, message)
}

/// Refuses a request whose credentials are missing or wrong.
pub(super) fn authenticate() -> Response {
    let mut response = error(StatusCode::UNAUTHORIZED, 20003, "Authenticate");
    let challenge = HeaderValue::from_static("Basic realm=\"Twilio API\"");
    response
        .headers_mut()
        .insert(header::WWW_AUTHENTICATE, challenge);
    response
}

/// Answers that nothing exists at a path.
pub(super) fn not_found(path: &str) -> Response {
    let message = format!("The requested resource {path} was not found");
    error(StatusCode::NOT_FOUND, 20404, &message)
}
