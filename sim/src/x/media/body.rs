//! The body of an upload, which may be multipart or JSON.

use axum::{
    Json,
    body::Bytes,
    extract::{FromRequest as _, Multipart, Request},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;

use crate::request::content_type;

/// Returns the text fields of a body, and the bytes of the field `media`.
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
