//! The messages of the simulated Twilio.

use axum::body::Bytes;
use birdcall_domain::clock::Timestamp;
use serde::{Deserialize, Serialize};

/// Tells who sent a message and in which direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// A phone sent it to the service.
    Inbound,
    /// The app sent it through the REST API.
    OutboundApi,
    /// Twilio sent it as a reply to a keyword such as STOP.
    OutboundReply,
}

impl Direction {
    /// Returns whether the phone is the receiver.
    #[must_use]
    pub fn is_outbound(self) -> bool {
        self != Self::Inbound
    }
}

/// The status of a message. The variants are in the order of progress, and a message never returns
/// to an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// A messaging service has accepted it and has not picked a sender yet.
    Accepted,
    /// It waits in the queue of its sender.
    Queued,
    /// It was handed to the carrier.
    Sent,
    /// The carrier reported that it arrived.
    Delivered,
    /// The carrier reported that it did not arrive.
    Undelivered,
    /// Twilio did not send it.
    Failed,
    /// It came from a phone.
    Received,
}

impl Status {
    /// Returns Twilio's word for the status.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Undelivered => "undelivered",
            Self::Failed => "failed",
            Self::Received => "received",
        }
    }
}

/// The way in which texts to a number fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Undeliverable {
    /// The final status: [`Status::Failed`] or [`Status::Undelivered`].
    pub status: Status,
    /// Twilio's error code, such as 30003 for an unreachable phone.
    pub error_code: u32,
}

/// A file that came with a message.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Media {
    /// The file's SID: `ME` followed by 32 hex digits.
    pub sid: String,
    /// The content type that the phone declared.
    pub content_type: String,
    /// The content of the file.
    #[serde(skip)]
    pub bytes: Bytes,
}

/// A message in either direction.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Message {
    /// The message's SID: `SM`, or `MM` if it has files, followed by 32 hex digits.
    pub sid: String,
    /// The direction of the message.
    pub direction: Direction,
    /// The sender's number in E.164 format.
    pub from: String,
    /// The receiver's number in E.164 format.
    pub to: String,
    /// The text. It is empty after the app has redacted the message.
    pub body: String,
    /// The current status.
    pub status: Status,
    /// Twilio's error code if the message did not arrive.
    pub error_code: Option<u32>,
    /// The number of SMS segments that the text takes.
    pub num_segments: u32,
    /// The time of creation by the simulator's clock.
    pub created_at: Timestamp,
    /// The time of the last change of the status.
    pub updated_at: Timestamp,
    /// The URL to which status callbacks are sent.
    pub status_callback: Option<String>,
    /// The SID of the messaging service that sends the message.
    pub messaging_service_sid: Option<String>,
    /// The number of seconds that the message may wait in Twilio's queue.
    pub validity_period: Option<u32>,
    /// The files that came with the message.
    pub media: Vec<Media>,
    /// Whether the app deleted the message.
    #[serde(skip)]
    pub(crate) deleted: bool,
}
