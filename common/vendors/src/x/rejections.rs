//! Why X rejected a request, from the body of its answer: 400, 403, or another 4xx that refuses it for good.
//!
//! The end of `type` is read first. The words come last, because X's documentation calls a change
//! of its words a non-breaking change.

use birdcall_domain::rejection::XRejection;
use serde_json::Value;

use crate::http::Answer;

/// How much of X's own explanation is kept, in characters.
const DETAIL_CHARS_MAX: usize = 120;

/// Reads the reason from the body, or keeps X's own words if the reason is not a known one.
pub(super) fn read_rejection(answer: &Answer) -> XRejection {
    let text = answer.lowercase_text();
    let says = |words: &str| text.contains(words);
    let json = answer.json().unwrap_or(Value::Null);
    let kind = json["type"]
        .as_str()
        .and_then(|uri| uri.rsplit('/').next())
        .unwrap_or_default();
    if kind == "client-forbidden" || says("client-not-enrolled") {
        XRejection::AppForbidden
    } else if says("scope") && (kind == "not-authorized-for-resource" || says("not authorized")) {
        XRejection::MissingScope
    } else if says("duplicate") {
        XRejection::Duplicate
    } else if says("too long") {
        XRejection::TooLong
    } else if says("reply to") || says("replying to") {
        XRejection::ReplyNotAllowed
    } else if says("cashtag") {
        XRejection::Cashtags
    } else if says("locked") {
        XRejection::AccountLocked
    } else if says("suspended") {
        XRejection::AccountSuspended
    } else if says("media id") || says("post a video") {
        XRejection::Media
    } else {
        XRejection::Other {
            status: answer.status,
            detail: read_detail(&json),
        }
    }
}

fn read_detail(json: &Value) -> String {
    let words = json["detail"]
        .as_str()
        .or_else(|| json["errors"][0]["message"].as_str())
        .or_else(|| json["message"].as_str())
        .or_else(|| json["error_description"].as_str())
        .or_else(|| json["title"].as_str())
        .unwrap_or_default();
    words
        .chars()
        .filter(|c| !c.is_control())
        .take(DETAIL_CHARS_MAX)
        .collect()
}
