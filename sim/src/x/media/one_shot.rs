//! The upload of an image in one request.

use std::collections::BTreeMap;

use axum::{
    Json,
    extract::{Request, State},
    http::HeaderMap,
    response::{IntoResponse as _, Response},
};
use serde_json::json;

use super::{
    body::fields,
    render::key,
    rules::{IMAGE_BYTES_MAX, LIFETIME, ONE_SHOT_CATEGORIES, SCOPES, is_image},
};
use crate::{
    request::Form,
    sim::Sim,
    x::{errors, guard::guarded, limits::Counted, model::Upload},
};

pub(crate) async fn upload(
    State(sim): State<Sim>,
    headers: HeaderMap,
    request: Request,
) -> Response {
    let parsed = fields(request).await;
    guarded(
        &sim,
        &headers,
        Counted::MediaUpload,
        &SCOPES,
        |state, caller| {
            let (texts, media) = match parsed {
                Ok(parsed) => parsed,
                Err(error) => return errors::bad_request(&error),
            };
            let form = Form(texts);
            if let Some(name) = form.unknown(&["media_category", "additional_owners"]) {
                return errors::invalid(name, "", "The field is not one of those known.");
            }
            let category = form.get("media_category").unwrap_or_default();
            if !ONE_SHOT_CATEGORIES.contains(&category) {
                return errors::invalid("media_category", category, "The category is not valid.");
            }
            let Some(bytes) = media.filter(|bytes| !bytes.is_empty()) else {
                return errors::invalid("media", "", "The media is required.");
            };
            if category != "tweet_image" || !is_image(&bytes) {
                return errors::bad_request("media type unrecognized.");
            }
            if bytes.len() > IMAGE_BYTES_MAX {
                return errors::bad_request("File size exceeds the 5 MB allowed for images.");
            }
            let id = state.x.next_id(caller.now);
            let answer = json!({"data": {
                "id": id,
                "media_key": key(&id, category),
                "size": bytes.len(),
                "expires_after_secs": LIFETIME.as_secs(),
            }});
            let upload = Upload {
                user_id: caller.user_id.clone(),
                category: category.to_owned(),
                total_bytes: bytes.len(),
                segments: BTreeMap::new(),
                size: bytes.len(),
                alt_text: None,
                expires_at: caller.now + LIFETIME,
                ready_at: Some(caller.now),
            };
            state.x.uploads.insert(id, upload);
            Json(answer).into_response()
        },
    )
}
