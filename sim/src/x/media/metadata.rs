//! The alt texts of media.

use axum::{
    Json,
    body::Bytes,
    extract::State,
    http::HeaderMap,
    response::{IntoResponse as _, Response},
};
use serde_json::{Value, json};

use super::rules::{ALT_TEXT_CHARACTERS_MAX, SCOPES};
use crate::{
    sim::Sim,
    x::{errors, guard::guarded, limits::Counted},
};

pub(crate) async fn metadata(State(sim): State<Sim>, headers: HeaderMap, body: Bytes) -> Response {
    guarded(
        &sim,
        &headers,
        Counted::MediaMetadata,
        &SCOPES,
        |state, caller| {
            let request: Value = serde_json::from_slice(&body).unwrap_or_default();
            let id = request["id"].as_str().unwrap_or_default();
            let Some(upload) = state.x.own_upload(id, caller) else {
                return errors::invalid("id", id, "The media id is not valid.");
            };
            if let Some(text) = request["metadata"]["alt_text"]["text"].as_str() {
                if text.chars().count() > ALT_TEXT_CHARACTERS_MAX {
                    return errors::invalid("metadata.alt_text.text", "", "The text is too long.");
                }
                upload.alt_text = Some(text.to_owned());
            }
            let associated = json!({"alt_text": {"text": upload.alt_text}});
            Json(json!({"data": {"id": id, "associated_metadata": associated}})).into_response()
        },
    )
}
