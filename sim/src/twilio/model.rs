//! Messages and media of the simulated Twilio.

use axum::body::Bytes;
use birdcall_domain::clock::Timestamp;
use serde::{Deserialize, Serialize};

/// Which way a message goes, and who asked for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// From a phone to the service.
    Inbound,
    /// Sent by the app over the REST API.
    OutboundApi,
    /// Twilio's own answer to a reserved word.
    OutboundReply,
}

impl Direction {
    /// Whether the phone receives it.
    #[must_use]
    pub fn is_outbound(self) -> bool {
        self != Self::Inbound
    }
}

/// A message's status. The order is the order of progress: a later one is never undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Taken by a messaging service.
    Accepted,
    /// In the sender's queue.
    Queued,
    /// Handed to the carrier.
    Sent,
    /// Arrived.
    Delivered,
    /// The carrier says that it did not arrive.
    Undelivered,
    /// Not sent.
    Failed,
    /// Came in.
    Received,
}

impl Status {
    /// Twilio's word.
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

/// How texts to a number do not arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Undeliverable {
    /// `undelivered` or `failed`.
    pub status: Status,
    /// For example 30003.
    pub error_code: u32,
}

/// A file that came with a message.
#[derive(Clone, Debug, Serialize)]
pub struct Media {
    /// `ME` and 32 hex digits.
    pub sid: String,
    /// As the phone declared it.
    pub content_type: String,
    /// The file.
    #[serde(skip)]
    pub bytes: Bytes,
}

/// A message, in or out.
#[derive(Clone, Debug, Serialize)]
pub struct Message {
    /// `SM` or `MM` and 32 hex digits.
    pub sid: String,
    /// Which way it goes.
    pub direction: Direction,
    /// Who sends it.
    pub from: String,
    /// Who gets it.
    pub to: String,
    /// The text.
    pub body: String,
    /// How far it is.
    pub status: Status,
    /// Why it did not arrive.
    pub error_code: Option<u32>,
    /// SMS segments.
    pub num_segments: u32,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its status last changed.
    pub updated_at: Timestamp,
    /// Where status callbacks go.
    pub status_callback: Option<String>,
    /// The service that it was sent through.
    pub messaging_service_sid: Option<String>,
    /// Seconds that it may wait in Twilio's queue.
    pub validity_period: Option<u32>,
    /// Files.
    pub media: Vec<Media>,
    /// Whether the app deleted it.
    #[serde(skip)]
    pub(crate) deleted: bool,
}
