//! Uploads in chunks: initialize, append, finalize, and the status of the processing.

use std::{collections::BTreeMap, time::Duration};

use axum::{
    Json,
    body::Bytes,
    extract::{Path, RawQuery, Request, State},
    http::HeaderMap,
    response::{IntoResponse as _, Response},
};
use serde::Deserialize;
use serde_json::json;

use super::{
    body::fields,
    render::{key, render},
    rules::{
        CHUNK_BYTES_MAX, GIF_BYTES_MAX, IMAGE_BYTES_MAX, LIFETIME, MEDIA_TYPES, PROCESSING, SCOPES,
        SEGMENT_INDEX_MAX, is_image,
    },
};
use crate::{
    request::Form,
    sim::Sim,
    x::{errors, guard::guarded, limits::Counted, model::Upload},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Initialize {
    total_bytes: usize,
    media_type: String,
    media_category: String,
    #[serde(default, rename = "additional_owners")]
    _additional_owners: Vec<String>,
    #[serde(default, rename = "shared")]
    _shared: bool,
}

pub(crate) async fn initialize(
    State(sim): State<Sim>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    guarded(
        &sim,
        &headers,
        Counted::MediaInitialize,
        &SCOPES,
        |state, caller| {
            let request: Initialize = match serde_json::from_slice(&body) {
                Ok(request) => request,
                Err(error) => return errors::invalid("body", "", &error.to_string()),
            };
            if !MEDIA_TYPES.contains(&request.media_type.as_str()) {
                return errors::invalid(
                    "media_type",
                    &request.media_type,
                    "The type is not valid.",
                );
            }
            let bytes_max = match request.media_category.as_str() {
                "tweet_image" => IMAGE_BYTES_MAX,
                "tweet_gif" => GIF_BYTES_MAX,
                "tweet_video" | "amplify_video" | "dm_gif" | "dm_image" | "dm_video"
                | "subtitles" => usize::MAX,
                other => {
                    return errors::invalid("media_category", other, "The category is not valid.");
                }
            };
            if request.total_bytes == 0 || request.total_bytes > bytes_max {
                let value = request.total_bytes.to_string();
                return errors::invalid("total_bytes", &value, "The size is not allowed.");
            }
            let id = state.x.next_id(caller.now);
            let answer = json!({"data": {
                "id": id,
                "media_key": key(&id, &request.media_category),
                "expires_after_secs": LIFETIME.as_secs(),
            }});
            let upload = Upload {
                user_id: caller.user_id.clone(),
                category: request.media_category,
                total_bytes: request.total_bytes,
                segments: BTreeMap::new(),
                size: 0,
                alt_text: None,
                expires_at: caller.now + LIFETIME,
                ready_at: None,
            };
            state.x.uploads.insert(id, upload);
            Json(answer).into_response()
        },
    )
}

pub(crate) async fn append(
    State(sim): State<Sim>,
    headers: HeaderMap,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    let parsed = fields(request).await;
    guarded(
        &sim,
        &headers,
        Counted::MediaAppend,
        &SCOPES,
        |state, caller| {
            let (texts, media) = match parsed {
                Ok(parsed) => parsed,
                Err(error) => return errors::bad_request(&error),
            };
            let form = Form(texts);
            if let Some(name) = form.unknown(&["segment_index"]) {
                return errors::invalid(name, "", "The field is not one of those known.");
            }
            let index = form
                .get("segment_index")
                .and_then(|index| index.parse::<usize>().ok());
            let Some(index) = index.filter(|index| *index <= SEGMENT_INDEX_MAX) else {
                return errors::invalid("segment_index", "", "The index is not between 0 and 999.");
            };
            let Some(bytes) = media.filter(|bytes| (1..=CHUNK_BYTES_MAX).contains(&bytes.len()))
            else {
                return errors::invalid("media", "", "The chunk is missing, empty or too large.");
            };
            match state
                .x
                .own_upload(&id, caller)
                .filter(|upload| upload.ready_at.is_none())
            {
                None => errors::invalid("id", &id, "The media id is not valid."),
                Some(upload) => {
                    upload.segments.insert(index, bytes);
                    let expires_at = upload.expires_at.as_secs_ceil();
                    Json(json!({"data": {"expires_at": expires_at}})).into_response()
                }
            }
        },
    )
}

pub(crate) async fn finalize(
    State(sim): State<Sim>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Response {
    guarded(
        &sim,
        &headers,
        Counted::MediaFinalize,
        &SCOPES,
        |state, caller| {
            let Some(upload) = state.x.own_upload(&id, caller) else {
                return errors::invalid("id", &id, "The media id is not valid.");
            };
            if upload.ready_at.is_none() {
                let size: usize = upload.segments.values().map(Bytes::len).sum();
                let gapless = upload
                    .segments
                    .keys()
                    .enumerate()
                    .all(|(place, index)| place == *index);
                if size != upload.total_bytes || !gapless {
                    return errors::bad_request(
                        "Segments do not add up to the declared total_bytes.",
                    );
                }
                if upload.category == "tweet_image"
                    && !upload
                        .segments
                        .values()
                        .next()
                        .is_some_and(|first| is_image(first))
                {
                    return errors::bad_request("media type unrecognized.");
                }
                upload.size = size;
                upload.segments.clear();
                let processing = if upload.category == "tweet_image" {
                    Duration::ZERO
                } else {
                    PROCESSING
                };
                upload.ready_at = Some(caller.now + processing);
            }
            Json(json!({"data": render(&id, upload, caller.now, true)})).into_response()
        },
    )
}

pub(crate) async fn status(
    State(sim): State<Sim>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let form = Form::parse(query.unwrap_or_default().as_bytes());
    guarded(
        &sim,
        &headers,
        Counted::MediaStatus,
        &SCOPES,
        |state, caller| {
            let command = form.get("command").unwrap_or("STATUS");
            if command != "STATUS" {
                return errors::invalid("command", command, "The command must be STATUS.");
            }
            let id = form.get("media_id").unwrap_or_default();
            match state.x.own_upload(id, caller) {
                None => errors::invalid("media_id", id, "The media id is not valid."),
                Some(upload) => {
                    Json(json!({"data": render(id, upload, caller.now, false)})).into_response()
                }
            }
        },
    )
}
