//! Media uploads: in one shot, or initialize, append, finalize and status; alt texts.

use std::{collections::BTreeMap, time::Duration};

use axum::{
    Json,
    body::Bytes,
    extract::{Path, RawQuery, Request, State},
    http::HeaderMap,
    response::{IntoResponse as _, Response},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    errors,
    limits::{Counted, guarded},
    upload::{Upload, fields, is_image, key, render},
};
use crate::{Sim, request::Form};

const SCOPES: [&str; 1] = ["media.write"];
const LIFETIME: Duration = Duration::from_secs(86_400);
const PROCESSING: Duration = Duration::from_secs(1);
const IMAGE_BYTES_MAX: usize = 5 * 1024 * 1024;
const GIF_BYTES_MAX: usize = 15 * 1024 * 1024;
const CHUNK_BYTES_MAX: usize = 5 * 1024 * 1024;
const SEGMENT_INDEX_MAX: usize = 999;
const ALT_TEXT_CHARACTERS_MAX: usize = 1000;
const ONE_SHOT_CATEGORIES: [&str; 7] = [
    "tweet_image",
    "tweet_video",
    "tweet_gif",
    "dm_image",
    "dm_video",
    "dm_gif",
    "subtitles",
];
const MEDIA_TYPES: [&str; 15] = [
    "video/mp4",
    "video/webm",
    "video/mp2t",
    "video/quicktime",
    "text/srt",
    "text/vtt",
    "image/jpeg",
    "image/gif",
    "image/bmp",
    "image/png",
    "image/webp",
    "image/pjpeg",
    "image/tiff",
    "model/gltf-binary",
    "model/vnd.usdz+zip",
];

fn unusable(detail: &str) -> Response {
    errors::bad_request(detail)
}

pub(super) async fn upload(
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
                Err(error) => return unusable(&error),
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
                return unusable("media type unrecognized.");
            }
            if bytes.len() > IMAGE_BYTES_MAX {
                return unusable("File size exceeds the 5 MB allowed for images.");
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

pub(super) async fn initialize(
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

pub(super) async fn append(
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
                Err(error) => return unusable(&error),
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

pub(super) async fn finalize(
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
                    return unusable("Segments do not add up to the declared total_bytes.");
                }
                if upload.category == "tweet_image"
                    && !upload
                        .segments
                        .values()
                        .next()
                        .is_some_and(|first| is_image(first))
                {
                    return unusable("media type unrecognized.");
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

pub(super) async fn status(
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

pub(super) async fn metadata(State(sim): State<Sim>, headers: HeaderMap, body: Bytes) -> Response {
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
