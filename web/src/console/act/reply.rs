//! Replying to the sender of a text.

use std::sync::Arc;

use axum::{Form, extract::State, response::Response};
use birdcall_domain::{
    reply::{HandReply, HandWritten},
    text::MessageSid,
};
use birdcall_ledger::{LedgerResult, replies::ByHand};
use serde::Deserialize;

use super::back;
use crate::{
    console::{
        named::Named,
        session::{Operates, SignedIn},
    },
    state::App,
};

/// The form of a reply.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Written {
    words: String,
    /// Names the reply: a form that is sent twice is one reply.
    key: String,
    reason: String,
}

pub(crate) async fn send(
    State(app): State<Arc<App>>,
    Operates(operator): Operates,
    Named(sid): Named<MessageSid>,
    Form(written): Form<Written>,
) -> Response {
    let became = match written.words.parse() {
        Ok(words) => reply(&app, &operator, &sid, &words, &written).await,
        Err(_) => Ok("bad-words"),
    };
    back(&app, &format!("/texts/{sid}"), became)
}

async fn reply(
    app: &App,
    operator: &SignedIn,
    sid: &MessageSid,
    words: &HandWritten,
    written: &Written,
) -> LedgerResult<&'static str> {
    let key = match is_key(&written.key) {
        true => written.key.clone(),
        false => app.random.id(),
    };
    let reply = ByHand {
        sid,
        key: &key,
        words,
        writer: &app.config.limits.reply_writer(),
    };
    let by = operator.by(&written.reason);
    let became = app.ledger.reply_by_hand(reply, by, app.now()).await?;
    Ok(word_of(became))
}

/// Whether it may be a key of ours: it becomes part of an id, which Twilio gets in an address.
fn is_key(key: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (8..=32).contains(&key.len()) && key.bytes().all(plain)
}

fn word_of(became: HandReply) -> &'static str {
    match became {
        HandReply::Written => "replied",
        HandReply::AlreadyWritten => "was-replied",
        HandReply::Blocked => "reply-blocked",
        HandReply::OptedOut => "reply-opted-out",
        HandReply::NoPhone => "reply-no-phone",
        HandReply::Forgotten | HandReply::Unknown => "reply-forgotten",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::act::Told;

    #[test]
    fn only_a_plain_key_becomes_part_of_an_id() {
        for (key, expected) in [
            ("AbC-_123", true),
            ("", false),
            ("short", false),
            ("with a space", false),
            ("https://x.com", false),
            ("a234567890123456789012345678901234", false),
        ] {
            assert_eq!(is_key(key), expected, "{key}");
        }
    }

    #[test]
    fn every_end_of_a_reply_is_told() {
        for became in [
            HandReply::Written,
            HandReply::AlreadyWritten,
            HandReply::Blocked,
            HandReply::OptedOut,
            HandReply::NoPhone,
            HandReply::Forgotten,
            HandReply::Unknown,
        ] {
            assert!(Told::new(word_of(became)).notice().is_some(), "{became:?}");
        }
    }
}
