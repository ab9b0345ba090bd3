//! What an answer of X means, by its HTTP status.

use birdcall_domain::{
    call::{CallError, Trouble},
    clock::Timestamp,
};
use serde_json::Value;

use super::{client::XResult, rate_limits::read_rate_limit, rejections::read_rejection};
use crate::http::Answer;

/// Whether a call changes something at X. It decides what an answer without a clear meaning says
/// about the effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// The call creates something, so the effect is in doubt after a 5xx.
    Write,
    /// The call reads, or deletes something that may be deleted twice. It can be made again.
    Repeatable,
}

/// Reads the JSON of a successful answer.
///
/// # Errors
///
/// Any answer that is not 2xx with JSON. The error says what is known about the effect.
pub(super) fn read_answer(answer: &Answer, effect: Effect, now: Timestamp) -> XResult<Value> {
    let unclear = |trouble| match effect {
        Effect::Write => CallError::InDoubt(trouble),
        Effect::Repeatable => CallError::NotSent(trouble),
    };
    match answer.status {
        200..=299 => answer.json().ok_or(unclear(Trouble::Unreadable)),
        401 => Err(CallError::Unauthorized),
        402 => Err(CallError::PaymentRequired),
        429 => Err(read_rate_limit(answer, now)),
        // During outages, X has answered 404 for paths that exist. Nothing was posted.
        404 | 408 | 425 => Err(CallError::NotSent(Trouble::Status(answer.status))),
        // A body that is not JSON comes from the edge in front of X, so X never saw the request.
        400..=499 if !answer.body.is_empty() && answer.json().is_none() => {
            Err(CallError::NotSent(Trouble::Status(answer.status)))
        }
        400..=499 => Err(CallError::Rejected(read_rejection(answer))),
        status => Err(unclear(Trouble::Status(status))),
    }
}

/// Reads the id of a created post. Only this id proves that X created the post.
///
/// # Errors
///
/// The creation is in doubt if `data.id` is missing or is not a number.
pub(super) fn read_post_id(body: &Value) -> XResult<String> {
    match body["data"]["id"].as_str() {
        Some(id) if !id.is_empty() && id.bytes().all(|b| b.is_ascii_digit()) => Ok(id.to_owned()),
        _ => Err(CallError::InDoubt(Trouble::Unreadable)),
    }
}

#[cfg(test)]
#[path = "answers_tests.rs"]
mod tests;
