//! Opens the readers of X's answers to the fuzz targets in `fuzz/`. No program has this module.

use birdcall_domain::{clock::Timestamp, post::TimelinePost};
use serde_json::Value;

use super::{
    answers::{Effect, read_answer, read_answer_to, read_deletion, read_post_id},
    client::XResult,
    oauth_answers, timeline,
};
use crate::http::Answer;

/// The answer to a request for a post with this text.
///
/// # Errors
///
/// As for [`create_post`](super::XClient::create_post).
pub fn created_post(answer: &Answer, text: &str, now: Timestamp) -> XResult<String> {
    read_post_id(&read_answer_to(answer, Effect::Write, text, now)?)
}

/// The answer to the deletion of a post.
///
/// # Errors
///
/// As for [`delete_post`](super::XClient::delete_post).
pub fn deletion(answer: &Answer, id: &str, now: Timestamp) -> XResult<()> {
    read_deletion(answer, id, now)
}

/// A page of the timeline: its posts, and whether it is the last and complete.
///
/// # Errors
///
/// As for the `trouble` of [`timeline`](super::XClient::timeline).
pub fn page(answer: &Answer, now: Timestamp) -> XResult<(Vec<TimelinePost>, bool)> {
    Ok(timeline::read_last_page(&read_answer(
        answer,
        Effect::Repeatable,
        now,
    )?))
}

/// Whether an answer of the token endpoint says that the refresh token is no longer valid.
#[must_use]
pub fn ends_the_grant(answer: &Answer) -> bool {
    oauth_answers::Refusal::read(answer).is_some_and(|refusal| refusal.ends_the_grant())
}

/// The pair of tokens in an answer of the token endpoint.
#[must_use]
pub fn pair(answer: &Answer) -> Option<Value> {
    oauth_answers::read_pair(answer)
}
