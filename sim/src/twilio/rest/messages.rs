//! One message: it can be fetched, redacted and deleted.

use axum::{
    Json,
    body::Bytes,
    extract::{OriginalUri, Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
};

use super::{credentials::authorize, errors, render::render};
use crate::{request::Form, sim::Sim};

type Address = Path<(String, String)>;

/// Returns the SID of a path such as `SM….json`. Without the suffix Twilio would answer in XML.
fn sid(last: &str) -> &str {
    last.strip_suffix(".json").unwrap_or_default()
}

pub(super) async fn fetch(
    State(sim): State<Sim>,
    headers: HeaderMap,
    Path((account, last)): Address,
    OriginalUri(uri): OriginalUri,
) -> Response {
    if let Err(refusal) = authorize(&sim, &headers, &account) {
        return refusal;
    }
    sim.with(|state| match state.twilio.message(sid(&last)) {
        Some(message) => Json(render(&account, message)).into_response(),
        None => errors::not_found(uri.path()),
    })
}

pub(super) async fn update(
    State(sim): State<Sim>,
    headers: HeaderMap,
    Path((account, last)): Address,
    OriginalUri(uri): OriginalUri,
    body: Bytes,
) -> Response {
    if let Err(refusal) = authorize(&sim, &headers, &account) {
        return refusal;
    }
    let form = Form::parse(&body);
    sim.with(
        |state| match (state.twilio.message(sid(&last)), form.get("Body")) {
            (None, _) => errors::not_found(uri.path()),
            (Some(message), Some("")) => {
                message.body.clear();
                Json(render(&account, message)).into_response()
            }
            (Some(_), _) => errors::bad(20001, "Only an empty Body is allowed"),
        },
    )
}

pub(super) async fn delete(
    State(sim): State<Sim>,
    headers: HeaderMap,
    Path((account, last)): Address,
    OriginalUri(uri): OriginalUri,
) -> Response {
    if let Err(refusal) = authorize(&sim, &headers, &account) {
        return refusal;
    }
    sim.with(|state| match state.twilio.message(sid(&last)) {
        Some(message) => {
            message.deleted = true;
            StatusCode::NO_CONTENT.into_response()
        }
        None => errors::not_found(uri.path()),
    })
}
