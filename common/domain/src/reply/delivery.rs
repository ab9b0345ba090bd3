//! What Twilio reports of a message that it accepted.

use std::time::Duration;

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
    match code {
        30001 | 30003 | 30008 | 30017 | 30450 | 30500 => Some(RESEND_AFTER),
        30022 | 30023 | 30027 => Some(RESEND_AFTER_DAILY_LIMIT),
        _ => None,
    }
}

/// What a delivery error means, in words for the operator (Twilio's error dictionary).
#[must_use]
pub fn delivery_error(code: u32) -> &'static str {
    match code {
        30001 => "Twilio's queue overflowed",
        30002 => "the Twilio account is suspended: its operator must act",
        30003 => "the phone is off or out of reach",
        30004 => "the message is blocked for this phone",
        30005 => "the number does not exist",
        30006 => "a landline, or a carrier that cannot be reached",
        30007 => "filtered as spam by Twilio or the carrier",
        30008 => "the carrier gave no reason",
        30017 => "the carrier's network is congested",
        30022 | 30023 | 30027 => "the daily limit for US A2P 10DLC is reached",
        30032 => "the toll-free number is not verified: the operator must act",
        30034 | 30035 => "the number is not registered for US A2P 10DLC: the operator must act",
        30036 => "too late: the validity period is over",
        30410 => "the carrier did not answer in time; the message may have arrived",
        30450 => "the destination is blocked for now",
        30500 => "an internal error at Twilio",
        14107 => "too many replies within 30 seconds",
        21610 => "the recipient has opted out",
        _ => "an error that Twilio's code names",
    }
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
