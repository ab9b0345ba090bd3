//! What Twilio reports of a message that it accepted.

use std::time::Duration;

use super::twilio_errors::{TwilioBecomes, twilio_error};
use crate::words::words;

/// What became of one of our messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusUpdate {
    /// Twilio's sid of our message.
    pub sid: String,
    /// Twilio's `MessageStatus`, such as `delivered`.
    pub status: String,
    /// Twilio's `ErrorCode`: why the message was not delivered.
    pub error_code: Option<u32>,
}

words! {
    /// Twilio's delivery states, in the order of a message's way. Callbacks arrive unordered and
    /// without a time, so a later state is never overwritten by an earlier one.
    pub enum Delivery {
        /// Twilio accepted the message and has not chosen a sender yet.
        Accepted = "accepted",
        /// Twilio will send the message at a given time.
        Scheduled = "scheduled",
        /// The message is in the queue of its sender.
        Queued = "queued",
        /// Twilio is handing the message to the carrier.
        Sending = "sending",
        /// The carrier accepted the message.
        Sent = "sent",
        /// The carrier confirmed the delivery.
        Delivered = "delivered",
        /// The carrier reported that the message was not delivered.
        Undelivered = "undelivered",
        /// Twilio could not send the message.
        Failed = "failed",
        /// The message was canceled before it was sent.
        Canceled = "canceled",
        /// Some recipients got the message.
        PartiallyDelivered = "partially_delivered",
        /// The recipient opened the message.
        Read = "read",
    }
}

impl Delivery {
    /// The rank of Twilio's word: a state of a higher rank is later. A word that Twilio added since
    /// has rank 0.
    #[must_use]
    pub fn rank(word: &str) -> i64 {
        match Self::parse(word) {
            None => 0,
            Some(Self::Accepted | Self::Scheduled) => 1,
            Some(Self::Queued) => 2,
            Some(Self::Sending) => 3,
            Some(Self::Sent) => 4,
            Some(
                Self::Delivered
                | Self::Undelivered
                | Self::Failed
                | Self::Canceled
                | Self::PartiallyDelivered,
            ) => 5,
            Some(Self::Read) => 6,
        }
    }
}

/// A reply that was not delivered is sent again this often.
const RESENDS_MAX: u32 = 1;
/// The wait before a second try when the phone or the carrier had passing trouble.
const RESEND_AFTER: Duration = Duration::from_secs(300);
/// The wait before a second try when a daily limit of US A2P 10DLC was reached.
const RESEND_AFTER_DAILY_LIMIT: Duration = Duration::from_secs(3600);

/// How long to wait before a reply that was not delivered is sent again; `None`: it is not.
/// `resends` counts how often that was done already.
#[must_use]
pub fn resend_after(code: u32, resends: u32) -> Option<Duration> {
    if resends >= RESENDS_MAX {
        return None;
    }
    match twilio_error(code)?.becomes {
        TwilioBecomes::AgainSoon => Some(RESEND_AFTER),
        TwilioBecomes::AgainLater => Some(RESEND_AFTER_DAILY_LIMIT),
        _ => None,
    }
}

/// What a delivery error means, in words for the operator.
#[must_use]
pub fn delivery_error(code: u32) -> &'static str {
    twilio_error(code).map_or("an error that Twilio's code names", |row| row.words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_final_delivery_state_is_later_than_every_passing_one() {
        assert!(Delivery::rank("delivered") > Delivery::rank("sent"));
        assert!(Delivery::rank("sent") > Delivery::rank("queued"));
        assert_eq!(Delivery::rank("something new"), 0);
    }

    #[test]
    fn a_reply_is_sent_again_once_and_only_after_passing_trouble() {
        assert_eq!(resend_after(30003, 0), Some(RESEND_AFTER));
        assert_eq!(resend_after(30003, 1), None);
        assert_eq!(resend_after(30022, 0), Some(RESEND_AFTER_DAILY_LIMIT));
        assert_eq!(resend_after(30005, 0), None);
    }
}
