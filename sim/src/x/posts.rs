//! Making and deleting posts.

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
};
use serde_json::json;

use super::{
    errors,
    limits::{Caller, Counted, guarded},
    model::{Post, User},
    post_request::CreatePost,
    shown_text::{cashtags, has_invalid_characters, shown, weighted_length},
};
use crate::{Sim, request::content_type, state::State as Memory};

const SCOPES: [&str; 3] = ["tweet.read", "tweet.write", "users.read"];
const LENGTH_MAX: i32 = 280;
const LENGTH_MAX_PREMIUM: i32 = 25_000;
const SHORT_LINK_CHARACTERS: usize = 10;

pub(super) async fn create(State(sim): State<Sim>, headers: HeaderMap, body: Bytes) -> Response {
    guarded(&sim, &headers, Counted::Posts, &SCOPES, |state, caller| {
        if !content_type(&headers).starts_with("application/json") {
            return errors::bad_request("The content type must be application/json.");
        }
        match serde_json::from_slice::<CreatePost>(&body) {
            Ok(request) => match refusal(state, caller, &request) {
                Some(refusal) => refusal,
                None => accept(&sim, state, caller, request),
            },
            Err(error) => errors::invalid("body", "", &error.to_string()),
        }
    })
}

/// Why X does not take a post, if it does not.
fn refusal(state: &mut Memory, caller: &Caller, request: &CreatePost) -> Option<Response> {
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

fn account_refusal(user: &User) -> Option<Response> {
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

fn accept(sim: &Sim, state: &mut Memory, caller: &Caller, request: CreatePost) -> Response {
    let random = &sim.config().random;
    let short = || {
        let token: String = random
            .token(16)
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .collect();
        format!("https://t.co/{token:a<SHORT_LINK_CHARACTERS$.SHORT_LINK_CHARACTERS$}")
    };
    let (shown_text, urls) = shown(&request.text, short);
    let id = state.x.next_id(caller.now);
    let username = state
        .x
        .user_by_id(&caller.user_id)
        .map(|user| user.username.clone());
    let post = Post {
        id: id.clone(),
        user_id: caller.user_id.clone(),
        username: username.unwrap_or_default(),
        text: request.text,
        shown_text: shown_text.clone(),
        urls,
        media_ids: request
            .media
            .map(|media| media.media_ids)
            .unwrap_or_default(),
        in_reply_to: request.reply.map(|reply| reply.in_reply_to_tweet_id),
        created_at: caller.now,
        deleted: false,
    };
    state.x.add_post(post);
    let answer = json!({"data": {"id": id, "text": shown_text, "edit_history_post_ids": [id]}});
    (StatusCode::CREATED, Json(answer)).into_response()
}

pub(super) async fn delete(
    State(sim): State<Sim>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Response {
    guarded(
        &sim,
        &headers,
        Counted::Deletes,
        &SCOPES,
        |state, caller| {
            if id.is_empty() || id.len() > 19 || !id.bytes().all(|byte| byte.is_ascii_digit()) {
                return errors::invalid("id", &id, "The `id` query parameter value is not valid.");
            }
            if let Some(refusal) = state
                .x
                .user_by_id(&caller.user_id)
                .and_then(account_refusal)
            {
                return refusal;
            }
            let place = state.x.posts_by_id.get(&id).copied();
            match place.and_then(|place| state.x.posts.get_mut(place)) {
                Some(post) if post.user_id != caller.user_id => {
                    errors::forbidden("You are not authorized to delete this Tweet.")
                }
                // Deleting twice answers as the first time did; so does an id that never was.
                Some(post) => {
                    post.deleted = true;
                    Json(json!({"data": {"deleted": true}})).into_response()
                }
                None => Json(json!({"data": {"deleted": true}})).into_response(),
            }
        },
    )
}
