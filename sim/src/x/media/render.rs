//! Media as X shows them.

use birdcall_domain::clock::Timestamp;
use serde_json::{Value, json};

use crate::x::model::Upload;

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
