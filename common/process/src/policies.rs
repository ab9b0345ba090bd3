//! What the settings mean for the rules: each policy is put together in one place.

use birdcall_domain::reply::{ReplyWriter, Throttle};
use birdcall_ledger::{replies::Patience, take_in::DoorPolicy};

use crate::config::{Config, Limits};

impl Limits {
    /// The writer of replies.
    #[must_use]
    pub fn reply_writer(&self) -> ReplyWriter {
        ReplyWriter {
            segments_max: self.reply_segments_max,
            horizon: self.retry_horizon,
        }
    }

    /// How often replies are tried and sent.
    #[must_use]
    pub fn reply_patience(&self) -> Patience {
        Patience {
            throttle: Throttle {
                max: self.replies_max,
                window: self.replies_window,
            },
            claims_max: self.claims_max,
        }
    }
}

impl Config {
    /// What decides about inbound texts.
    #[must_use]
    pub fn door_policy(&self) -> DoorPolicy {
        DoorPolicy {
            sign_up: self.sign_up.clone(),
            open_texts_max: self.limits.open_texts_max,
            writer: self.limits.reply_writer(),
            fail_point: self.fail_point,
        }
    }
}
