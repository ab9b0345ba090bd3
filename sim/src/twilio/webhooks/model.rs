//! Webhooks and status callbacks, both queued and sent.

use birdcall_domain::clock::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{faults::FaultAction, twilio::model::Status};

/// The kinds of requests that Twilio sends to the app.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryKind {
    /// A webhook for a text from a phone.
    Inbound,
    /// A callback about the status of a text that the app sent.
    Status,
}

/// A webhook or status callback that was sent.
#[derive(Clone, Debug, Serialize)]
pub struct DeliveryRecord {
    /// The time at which the last attempt ended, by the simulator's clock.
    pub at: Timestamp,
    /// The kind of request.
    pub kind: DeliveryKind,
    /// The SID of the message that the request is about.
    pub message_sid: String,
    /// The status that a status callback reported.
    pub status: Option<Status>,
    /// The number of attempts, including retries and those to the fallback URL.
    pub attempts: u32,
    /// The HTTP status of the last answer. It is `None` if the last attempt got no answer.
    pub answered: Option<u16>,
    /// Twilio's error code if no attempt got an acceptable answer: 11200, 12100 or 12300.
    pub error_code: Option<u32>,
    /// Whether the request was also sent to the fallback URL.
    pub fallback: bool,
}

/// A webhook or status callback that waits to be sent.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Queued {
    pub(crate) sid: String,
    /// The status to report with its error code, or `None` for an inbound text.
    pub(crate) status: Option<(Status, Option<u32>)>,
    pub(crate) due_at: Timestamp,
    /// Whether the faults for this request were already drawn.
    pub(crate) drawn: bool,
    /// The fault to apply when the request is sent.
    pub(crate) action: Option<FaultAction>,
    /// Whether a fault reordered the request. It does not wait for other texts of its phone, and
    /// they do not wait for it.
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
