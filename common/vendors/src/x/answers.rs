//! What an answer of X means: whether X did it, whose fault it is if not, and whether to wait.

use birdcall_domain::{
    call::{CallError, LimitScope, Trouble},
    clock::Timestamp,
    rejection::XRejection,
};
use serde_json::Value;

use super::{
    client::XResult,
    errors::Becomes,
    problem::Problem,
    rate_limits::read_rate_limit,
    rejections::{judge, words},
};
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
    read_answer_to(answer, effect, "", now)
}

/// The same for the answer to a request that holds a person's text. X may repeat it, and what X
/// repeats decides nothing.
pub(super) fn read_answer_to(
    answer: &Answer,
    effect: Effect,
    text: &str,
    now: Timestamp,
) -> XResult<Value> {
    let unclear = |trouble| match effect {
        Effect::Write => CallError::InDoubt(trouble),
        Effect::Repeatable => CallError::NotSent(trouble),
    };
    match answer.status {
        200..=299 => answer.json().ok_or(unclear(Trouble::Unreadable)),
        400..=499 => Err(read_refusal(answer, text, now)),
        status => Err(unclear(Trouble::Status(status))),
    }
}

/// What a 4xx means. X did nothing, whatever the reason.
fn read_refusal(answer: &Answer, text: &str, now: Timestamp) -> CallError<XRejection> {
    let later = CallError::NotSent(Trouble::Status(answer.status));
    let Some(problem) = Problem::read(answer) else {
        // These are the words of an edge in front of X, so X never saw the request.
        return match answer.status {
            429 => read_rate_limit(answer, None, now),
            _ => later,
        };
    };
    match judge(&problem, text) {
        Becomes::UserLimit => read_rate_limit(answer, Some(LimitScope::User), now),
        Becomes::AppLimit => read_rate_limit(answer, Some(LimitScope::App), now),
        Becomes::Credit => CallError::PaymentRequired,
        Becomes::Operator => CallError::Rejected(XRejection::AppForbidden {
            detail: words(&problem),
        }),
        Becomes::Token => CallError::Unauthorized,
        Becomes::SignIn => CallError::Rejected(XRejection::MissingScope),
        Becomes::Outage => later,
        Becomes::Refused(rejection) => CallError::Rejected(rejection.clone()),
        Becomes::ByStatus => match answer.status {
            401 => CallError::Unauthorized,
            402 => CallError::PaymentRequired,
            420 | 429 => read_rate_limit(answer, None, now),
            // These statuses are about the path, the moment or the connection, and not about the
            // text. During outages, X has answered 404 for paths that exist.
            404..=406 | 408 | 409 | 410 | 421 | 423 | 425 | 426 => later,
            status => CallError::Rejected(XRejection::Other {
                status,
                detail: words(&problem),
            }),
        },
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

/// Reads the answer to the deletion of a post. The post is gone if X says that it deleted it, or that
/// there is no such post.
///
/// # Errors
///
/// Every other answer. A success that does not say so proves nothing.
pub(super) fn read_deletion(answer: &Answer, id: &str, now: Timestamp) -> XResult<()> {
    if matches!(answer.status, 200..=299 | 400..=499) && says_not_found(answer, id) {
        return Ok(());
    }
    let body = read_answer(answer, Effect::Repeatable, now)?;
    match body["data"]["deleted"].as_bool() {
        Some(true) => Ok(()),
        _ => Err(CallError::NotSent(Trouble::Unreadable)),
    }
}

/// The code of the older API for a post that does not exist.
const NO_SUCH_POST: u32 = 144;

/// Whether X says by type or code that the post does not exist. A 404 alone does not: X has answered
/// it during outages.
fn says_not_found(answer: &Answer, id: &str) -> bool {
    let Some(problem) = Problem::read(answer) else {
        return false;
    };
    let body = answer.json().unwrap_or_default();
    let errors = body["errors"].as_array().into_iter().flatten();
    let about_another = std::iter::once(&body).chain(errors).any(|part| {
        let other_kind = part["resource_type"]
            .as_str()
            .is_some_and(|kind| !matches!(kind, "tweet" | "post"));
        let other_id = part["resource_id"].as_str().is_some_and(|it| it != id);
        other_kind || other_id
    });
    (problem.is("resource-not-found") && !about_another) || problem.codes.contains(&NO_SUCH_POST)
}

#[cfg(test)]
#[path = "answers_tests.rs"]
mod tests;
