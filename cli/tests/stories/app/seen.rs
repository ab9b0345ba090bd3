//! Texts and replies as a story compares them: with the words that the ledger stores and that
//! commands print.

use birdcall_domain::clock::Timestamp;
use birdcall_ledger::{replies::Reply, texts::Text};

/// A text in the ledger.
#[derive(Clone, Debug)]
pub(crate) struct SeenText {
    pub(crate) sid: String,
    pub(crate) phone: String,
    pub(crate) service_number: String,
    pub(crate) body: String,
    pub(crate) kind: String,
    pub(crate) state: String,
    pub(crate) reason: Option<String>,
    pub(crate) arrival: i64,
    pub(crate) next_attempt_at: Option<Timestamp>,
    pub(crate) post_id: Option<String>,
}

impl From<Text> for SeenText {
    fn from(text: Text) -> Self {
        Self {
            sid: text.sid.to_string(),
            phone: text.from.as_str().to_owned(),
            service_number: text.service_number,
            body: text.body,
            kind: text.progress.kind.to_string(),
            state: text.progress.state.to_string(),
            reason: text.progress.reason.map(|reason| reason.to_string()),
            arrival: text.arrival,
            next_attempt_at: text.progress.next_attempt_at,
            post_id: text.post_id,
        }
    }
}

/// One of our replies to a text.
#[derive(Clone, Debug)]
pub(crate) struct SeenReply {
    pub(crate) state: String,
    pub(crate) twilio_sid: Option<String>,
    pub(crate) delivery: Option<String>,
    pub(crate) body: String,
    pub(crate) segments: u32,
    pub(crate) encoding: String,
    pub(crate) error: Option<String>,
    pub(crate) error_code: Option<u32>,
}

impl From<Reply> for SeenReply {
    fn from(reply: Reply) -> Self {
        Self {
            state: reply.progress.state.to_string(),
            twilio_sid: reply.twilio_sid,
            delivery: reply.delivery,
            body: reply.body,
            segments: reply.segments,
            encoding: reply.encoding.to_string(),
            error: reply.error,
            error_code: reply.error_code,
        }
    }
}
