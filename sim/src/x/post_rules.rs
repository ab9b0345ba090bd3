//! The reasons for which X refuses a post.

use axum::response::Response;

use super::{
    errors,
    model::{Caller, User},
    post_request::CreatePost,
    shown_text::{cashtags, has_invalid_characters, weighted_length},
};
use crate::state::SimState;

const LENGTH_MAX: i32 = 280;
const LENGTH_MAX_PREMIUM: i32 = 25_000;

/// Returns X's refusal of a post, or `None` if X accepts it.
pub(super) fn refusal(
    state: &mut SimState,
    caller: &Caller,
    request: &CreatePost,
) -> Option<Response> {
    let Some(user) = state.x.user_by_id(&caller.user_id) else {
        return Some(errors::unauthorized());
    };
    if let Some(refusal) = account_refusal(user) {
        return Some(refusal);
    }
    let text = &request.text;
    if text.trim().is_empty() && request.media.is_none() {
        return Some(errors::invalid(
            "text",
            text,
            "The text or media must be provided.",
        ));
    }
    if has_invalid_characters(text) {
        return Some(errors::invalid(
            "text",
            text,
            "The text holds invalid characters.",
        ));
    }
    let length_max = if user.options.premium {
        LENGTH_MAX_PREMIUM
    } else {
        LENGTH_MAX
    };
    if weighted_length(text) > length_max {
        return Some(errors::bad_request(
            "Your Tweet text is too long. For more information on how Twitter determines text \
             length see https://github.com/twitter/twitter-text.",
        ));
    }
    if cashtags(text) > 1 {
        return Some(errors::forbidden("You may not post more than 1 cashtag."));
    }
    if request.quote_tweet_id.is_some() {
        return Some(errors::not_authorized(
            "post",
            "You are not permitted to quote this post.",
        ));
    }
    if let Some(reply) = &request.reply {
        match state
            .x
            .post_by_id(&reply.in_reply_to_tweet_id)
            .filter(|post| !post.deleted)
        {
            None => {
                return Some(errors::forbidden(
                    "You attempted to reply to a Tweet that is deleted or not visible to you.",
                ));
            }
            Some(post) if post.user_id != caller.user_id => {
                return Some(errors::not_authorized(
                    "post",
                    "You can only reply to or quote posts where you are mentioned or are the author.",
                ));
            }
            Some(_) => {}
        }
    }
    if let Some(media) = &request.media
        && !state
            .x
            .media_usable(&media.media_ids, &caller.user_id, caller.now)
    {
        let ids = media.media_ids.join(",");
        return Some(errors::invalid(
            "media.media_ids",
            &ids,
            "Your media IDs are invalid.",
        ));
    }
    let window = i64::try_from(state.settings.duplicate_window_ms).unwrap_or(i64::MAX);
    let window_start = caller.now.as_millis().saturating_sub(window);
    if !text.is_empty() && state.x.is_duplicate(&caller.user_id, text, window_start) {
        state.counters.duplicate_posts_refused += 1;
        return Some(errors::forbidden(
            "You are not allowed to create a Tweet with duplicate content.",
        ));
    }
    None
}

pub(super) fn account_refusal(user: &User) -> Option<Response> {
    if user.options.suspended {
        let detail = "Your account is suspended and is not permitted to access this feature";
        return Some(errors::forbidden(detail));
    }
    user.options.locked.then(|| {
        errors::forbidden(
            "To protect our users from spam and other malicious activity, this account is \
             temporarily locked. Please log in to https://twitter.com to unlock your account.",
        )
    })
}
