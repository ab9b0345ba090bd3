//! The page of `birdcall dev`: a phone, X's timeline, and the progress of each text.

use axum::{
    Json, Router,
    extract::{RawQuery, State},
    http::StatusCode,
    response::Html,
    routing::get,
};
use serde_json::{Value, json};

use crate::{request::Form, sim::Sim, twilio::model::Message, x::model::Post};

/// The page shows at most this many of the latest posts and of the latest messages.
const SHOWN_MAX: usize = 200;

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
        .replace("{{script}}", include_str!("dev_page/page.js"));
    Html(page)
}

async fn data(State(sim): State<Sim>, RawQuery(query): RawQuery) -> Json<Value> {
    let form = Form::parse(query.unwrap_or_default().as_bytes());
    let phone = form.get("phone").unwrap_or_default();
    let (messages, posts) = sim.with(|state| {
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
        (messages, posts)
    });
    let ledger = match &sim.config().ledger {
        Some(view) => view().await,
        None => json!([]),
    };
    Json(json!({
        "number": sim.config().twilio_number,
        "now": sim.now(),
        "messages": messages,
        "posts": posts,
        "ledger": ledger,
        "faults": sim.faults(),
    }))
}
