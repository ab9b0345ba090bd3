//! Media that were uploaded: what is kept of them, who may use them, how they arrive.

use std::collections::BTreeMap;

use axum::{
    Json,
    body::Bytes,
    extract::{FromRequest as _, Multipart, Request},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use birdcall_domain::clock::Timestamp;
use serde_json::{Value, json};

use super::{limits::Caller, model::X};
use crate::request::content_type;

const IMAGES_PER_POST_MAX: usize = 4;

/// A medium under way or done.
#[derive(Clone, Debug)]
pub(crate) struct Upload {
    pub(super) user_id: String,
    pub(super) category: String,
    /// Declared at initialize.
    pub(super) total_bytes: usize,
    pub(super) segments: BTreeMap<usize, Bytes>,
    pub(super) size: usize,
    pub(super) alt_text: Option<String>,
    pub(super) expires_at: Timestamp,
    /// When processing ends; nothing before finalize.
    pub(super) ready_at: Option<Timestamp>,
}

impl X {
    /// Whether a post may carry these media: own, finished, alive, and a mix that X allows.
    pub(super) fn media_usable(&self, ids: &[String], user_id: &str, now: Timestamp) -> bool {
        let mut single = false;
        for (place, id) in ids.iter().enumerate() {
            let usable = self.uploads.get(id).is_some_and(|upload| {
                single |= upload.category != "tweet_image";
                upload.user_id == user_id
                    && upload.category.starts_with("tweet_")
                    && now < upload.expires_at
                    && upload.ready_at.is_some_and(|ready_at| ready_at <= now)
            });
            if !usable || ids[..place].contains(id) {
                return false;
            }
        }
        !ids.is_empty() && ids.len() <= if single { 1 } else { IMAGES_PER_POST_MAX }
    }

    pub(super) fn own_upload(&mut self, id: &str, caller: &Caller) -> Option<&mut Upload> {
        self.uploads
            .get_mut(id)
            .filter(|upload| upload.user_id == caller.user_id && caller.now < upload.expires_at)
    }
}

pub(super) fn key(id: &str, category: &str) -> String {
    let prefix = match category {
        "tweet_video" | "amplify_video" | "dm_video" => "7",
        "tweet_gif" | "dm_gif" => "16",
        _ => "3",
    };
    format!("{prefix}_{id}")
}

pub(super) fn render(id: &str, upload: &Upload, now: Timestamp, finalizing: bool) -> Value {
    let left = upload.expires_at.since(now).as_secs();
    let mut data = json!({
        "id": id,
        "media_key": key(id, &upload.category),
        "size": upload.size,
        "expires_after_secs": left,
    });
    let image = upload.category == "tweet_image";
    match upload.ready_at {
        Some(_) if image => {}
        Some(ready_at) if ready_at <= now => {
            data["processing_info"] = json!({"state": "succeeded", "progress_percent": 100});
        }
        Some(_) => {
            let state = if finalizing { "pending" } else { "in_progress" };
            data["processing_info"] = json!({"state": state, "check_after_secs": 1});
        }
        None => data["processing_info"] = json!({"state": "pending", "check_after_secs": 1}),
    }
    data
}

/// Fields of a multipart or JSON body: text parts, and the bytes of `media`.
pub(super) async fn fields(
    request: Request,
) -> Result<(Vec<(String, String)>, Option<Bytes>), String> {
    let mut texts = Vec::new();
    let mut media = None;
    if content_type(request.headers()).starts_with("multipart/form-data") {
        let mut parts = Multipart::from_request(request, &())
            .await
            .map_err(|error| error.to_string())?;
        while let Some(part) = parts
            .next_field()
            .await
            .map_err(|error| error.to_string())?
        {
            let name = part.name().unwrap_or_default().to_owned();
            let bytes = part.bytes().await.map_err(|error| error.to_string())?;
            if name == "media" {
                media = Some(bytes);
            } else {
                texts.push((name, String::from_utf8_lossy(&bytes).into_owned()));
            }
        }
        return Ok((texts, media));
    }
    let Json(json) = Json::<serde_json::Map<String, Value>>::from_request(request, &())
        .await
        .map_err(|error| error.to_string())?;
    for (name, value) in json {
        match (name.as_str(), value) {
            ("media", Value::String(text)) => {
                media = Some(
                    STANDARD
                        .decode(text)
                        .map_err(|error| error.to_string())?
                        .into(),
                );
            }
            (_, Value::String(text)) => texts.push((name, text)),
            (_, other) => texts.push((name, other.to_string())),
        }
    }
    Ok((texts, media))
}

/// What the first bytes say.
pub(super) fn is_image(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0xFF, 0xD8, 0xFF])
        || bytes.starts_with(b"\x89PNG\r\n\x1a\n")
        || bytes.starts_with(b"GIF87a")
        || bytes.starts_with(b"GIF89a")
        || (bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP"))
}
