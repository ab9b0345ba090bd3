//! Webhooks and status callbacks, waiting and sent.

use birdcall_domain::clock::Timestamp;
use serde::Serialize;

use crate::{faults::FaultAction, twilio::model::Status};

/// What a delivery was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryKind {
    /// A text from a phone.
    Inbound,
    /// News of a text that the app sent.
    Status,
}

/// A webhook or status callback that was sent.
#[derive(Clone, Debug, Serialize)]
pub struct DeliveryRecord {
    /// When it was done.
    pub at: Timestamp,
    /// What it was.
    pub kind: DeliveryKind,
    /// Whose message.
    pub message_sid: String,
    /// The status that it told, for status callbacks.
    pub status: Option<Status>,
    /// Requests made, retries and fallback included.
    pub attempts: u32,
    /// What the app answered last.
    pub answered: Option<u16>,
    /// Twilio's code when no acceptable answer came: 11200, 12100 or 12300.
    pub error_code: Option<u32>,
    /// Whether the fallback URL was asked.
    pub fallback: bool,
}

/// Something to send.
#[derive(Clone, Debug)]
pub(crate) struct Queued {
    pub(crate) sid: String,
    /// The news; nothing for an inbound text.
    pub(crate) status: Option<(Status, Option<u32>)>,
    pub(crate) due_at: Timestamp,
    /// Faults were drawn already.
    pub(crate) drawn: bool,
    /// What to play when it is sent.
    pub(crate) action: Option<FaultAction>,
    /// Reordered: it waits for nobody and nobody waits for it.
    pub(crate) loose: bool,
}

impl Queued {
    pub(crate) fn inbound(sid: &str, now: Timestamp) -> Self {
        let sid = sid.to_owned();
        Self {
            sid,
            status: None,
            due_at: now,
            drawn: false,
            action: None,
            loose: false,
        }
    }

    pub(crate) fn status(
        sid: &str,
        status: Status,
        error_code: Option<u32>,
        now: Timestamp,
    ) -> Self {
        Self {
            status: Some((status, error_code)),
            ..Self::inbound(sid, now)
        }
    }
}
