//! The creation and the deletion of posts.

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
    guard::guarded,
    limits::Counted,
    model::{Caller, Post},
    post_request::CreatePost,
    post_rules::{account_refusal, refusal},
    shown_text::shown,
};
use crate::{request::content_type, sim::Sim, state::SimState};

const SCOPES: [&str; 3] = ["tweet.read", "tweet.write", "users.read"];
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

fn accept(sim: &Sim, state: &mut SimState, caller: &Caller, request: CreatePost) -> Response {
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
                // A repeated deletion, and the deletion of an unknown id, get the same answer as
                // the first.
                Some(post) => {
                    post.deleted = true;
                    Json(json!({"data": {"deleted": true}})).into_response()
                }
                None => Json(json!({"data": {"deleted": true}})).into_response(),
            }
        },
    )
}
