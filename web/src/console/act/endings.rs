//! Ending a text at an operator's word.

use std::sync::Arc;

use axum::{Form, extract::State, response::Response};
use birdcall_domain::text::{Ending, MessageSid};

use super::{Why, back};
use crate::{
    console::{named::Named, session::Operates},
    state::App,
};

pub(crate) async fn cancel(
    State(app): State<Arc<App>>,
    Operates(operator): Operates,
    Named(sid): Named<MessageSid>,
    Form(why): Form<Why>,
) -> Response {
    let writer = app.config.limits.reply_writer();
    let by = operator.by(&why.reason);
    let ended = app.ledger.cancel_text(&sid, &writer, by, app.now()).await;
    back(&app, &format!("/texts/{sid}"), ended.map(word_of))
}

pub(crate) async fn give_up(
    State(app): State<Arc<App>>,
    Operates(operator): Operates,
    Named(sid): Named<MessageSid>,
    Form(why): Form<Why>,
) -> Response {
    let writer = app.config.limits.reply_writer();
    let by = operator.by(&why.reason);
    let ended = app.ledger.give_text_up(&sid, &writer, by, app.now()).await;
    back(&app, &format!("/texts/{sid}"), ended.map(word_of))
}

fn word_of(ending: Ending) -> &'static str {
    match ending {
        Ending::Cancelled => "cancelled",
        Ending::GivenUp => "given-up",
        Ending::GivenUpInDoubt => "given-up-in-doubt",
        Ending::MayBePosted => "may-be-posted",
        Ending::Held => "held",
        Ending::AlreadyPosted => "already-posted",
        Ending::AlreadyOver => "already-over",
        Ending::NotAPost | Ending::Forgotten | Ending::Unknown => "not-a-post",
    }
}
