//! The error bodies of X.

use axum::{
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use serde_json::{Value, json};

const INVALID_REQUEST: &str = "https://api.x.com/2/problems/invalid-request";

/// Answers with a body of type `application/problem+json`.
pub(super) fn problem(status: StatusCode, body: &Value) -> Response {
    (
        status,
        [(header::CONTENT_TYPE, "application/problem+json")],
        body.to_string(),
    )
        .into_response()
}

fn blank(status: StatusCode, detail: &str) -> Response {
    let title = status.canonical_reason().unwrap_or_default();
    let body =
        json!({"title": title, "type": "about:blank", "status": status.as_u16(), "detail": detail});
    problem(status, &body)
}

/// Refuses an access token that is missing, expired or revoked.
pub(super) fn unauthorized() -> Response {
    blank(StatusCode::UNAUTHORIZED, "Unauthorized")
}

/// Refuses what the user or the app may not do.
pub(super) fn forbidden(detail: &str) -> Response {
    blank(StatusCode::FORBIDDEN, detail)
}

/// Refuses a request because a rate limit is used up.
pub(super) fn too_many_requests() -> Response {
    blank(StatusCode::TOO_MANY_REQUESTS, "Too Many Requests")
}

/// Refuses a request because of one parameter.
pub(super) fn invalid(parameter: &str, value: &str, message: &str) -> Response {
    let body = json!({
        "errors": [{"parameters": {parameter: [value]}, "message": message}],
        "title": "Invalid Request",
        "detail": "One or more parameters to your request was invalid.",
        "type": INVALID_REQUEST,
        "status": 400,
    });
    problem(StatusCode::BAD_REQUEST, &body)
}

/// Refuses a request with its own sentence.
pub(super) fn bad_request(detail: &str) -> Response {
    let body = json!({"title": "Invalid Request", "detail": detail, "type": INVALID_REQUEST, "status": 400});
    problem(StatusCode::BAD_REQUEST, &body)
}

/// Refuses access because of a missing scope or another owner.
pub(super) fn not_authorized(resource_type: &str, detail: &str) -> Response {
    let body = json!({
        "title": "Authorization Error",
        "detail": detail,
        "type": "https://api.x.com/2/problems/not-authorized-for-resource",
        "resource_type": resource_type,
        "status": 403,
    });
    problem(StatusCode::FORBIDDEN, &body)
}

/// Returns the part of a body that says that a resource does not exist.
pub(super) fn not_found(resource_type: &str, id: &str) -> Value {
    json!({
        "value": id,
        "detail": format!("Could not find {resource_type} with id: [{id}]."),
        "title": "Not Found Error",
        "resource_type": resource_type,
        "parameter": "id",
        "resource_id": id,
        "type": "https://api.x.com/2/problems/resource-not-found",
    })
}

/// Answers with an error of the token endpoint.
pub(super) fn oauth(status: StatusCode, error: &str, description: &str) -> Response {
    let body = json!({"error": error, "error_description": description});
    (status, axum::Json(body)).into_response()
}
