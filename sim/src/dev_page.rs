//! The page of `birdcall dev`: a phone, X's timeline, and the progress of each text.

use std::collections::HashMap;

use axum::{
    Json, Router,
    extract::{RawQuery, State},
    http::StatusCode,
    response::Html,
    routing::get,
};
use serde_json::{Value, json};

use crate::{
    config::WorkerOrder,
    log::RequestRecord,
    request::Form,
    sim::Sim,
    twilio::model::Message,
    x::model::{Post, User},
};

/// The page shows at most this many of the latest posts and of the latest messages.
const SHOWN_MAX: usize = 200;

/// The calls of the app that the page shows with the text that they are about.
const CALLS: [&str; 5] = [
    "x.create_post",
    "x.delete_post",
    "x.timeline",
    "x.token",
    "twilio.create_message",
];
/// The page gets at most this many of the latest calls.
const CALLS_MAX: usize = 300;

/// The page's script, from its parts.
const SCRIPT: &str = concat!(
    include_str!("dev_page/parts.js"),
    include_str!("dev_page/progress.js"),
    include_str!("dev_page/page.js"),
);

pub(crate) fn router() -> Router<Sim> {
    Router::new()
        .route("/", get(page))
        .route("/favicon.ico", get(async || StatusCode::NO_CONTENT))
        .route("/sim/page.json", get(data))
}

/// Returns the page as one document, so that it needs no further routes.
async fn page() -> Html<String> {
    let page = include_str!("dev_page/page.html")
        .replace("{{style}}", include_str!("dev_page/page.css"))
        .replace("{{script}}", SCRIPT);
    Html(page)
}

async fn data(State(sim): State<Sim>, RawQuery(query): RawQuery) -> Json<Value> {
    let form = Form::parse(query.unwrap_or_default().as_bytes());
    let phone = form.get("phone").unwrap_or_default();
    let (messages, posts, calls, numbers, users) = sim.with(|state| {
        let of_phone = |message: &&Message| {
            let other = if message.direction.is_outbound() {
                &message.to
            } else {
                &message.from
            };
            other == phone && !message.deleted
        };
        let messages = state
            .twilio
            .messages
            .iter()
            .rev()
            .filter(of_phone)
            .take(SHOWN_MAX);
        let mut messages: Vec<Message> = messages.cloned().collect();
        messages.reverse();
        let posts: Vec<Post> = state
            .x
            .posts
            .iter()
            .rev()
            .take(SHOWN_MAX)
            .cloned()
            .collect();
        let calls = state.requests.iter().rev();
        let calls = calls.filter(|call| CALLS.contains(&call.endpoint.as_str()));
        let calls: Vec<RequestRecord> = calls.take(CALLS_MAX).cloned().collect();
        let inbound = state.twilio.messages.iter();
        let inbound = inbound.filter(|message| !message.direction.is_outbound());
        let numbers: HashMap<String, usize> = inbound
            .zip(1..)
            .map(|(message, number)| (message.sid.clone(), number))
            .collect();
        let users: Vec<User> = state.x.users.values().cloned().collect();
        (messages, posts, calls, numbers, users)
    });
    let worker = sim.config().worker.as_ref();
    let ledger = match &sim.config().ledger {
        Some(view) => view().await,
        None => json!([]),
    };
    Json(json!({
        "number": sim.config().twilio_number,
        "now": sim.now(),
        "messages": messages,
        "posts": posts,
        "calls": calls,
        "numbers": numbers,
        "users": users,
        "worker": worker.map(|control| control(WorkerOrder::Look)),
        "ledger": ledger,
        "faults": sim.faults(),
    }))
}
