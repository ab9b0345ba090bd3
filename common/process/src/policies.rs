//! What the settings mean for the rules: each policy is put together in one place.

use birdcall_domain::{
    phone::Phone,
    reply::{self, ReplyWriter, Throttle},
    sign_up::{SignUp, SignUpRule},
    text,
};
use birdcall_ledger::{erased::Marks, replies::ReplyLimits, take_in::InboxPolicy};
use birdcall_vendors::twilio::Sender;

use crate::config::{Config, Limits};

impl Limits {
    /// The limits that decide what becomes of a text.
    #[must_use]
    pub fn text_policy(&self) -> text::Policy {
        text::Policy {
            backoff: self.backoff,
            resolve_delays: self.resolve_delays.clone(),
            late_after: self.late_after,
            sign_in_wait_max: self.sign_in_wait_max,
            refused_token_pause: self.refused_token_pause,
        }
    }

    /// The limits that decide what becomes of a reply.
    #[must_use]
    pub fn reply_policy(&self) -> reply::Policy {
        reply::Policy {
            backoff: self.backoff,
            resolve_delays: self.resolve_delays.clone(),
        }
    }

    /// The writer of replies.
    #[must_use]
    pub fn reply_writer(&self) -> ReplyWriter {
        ReplyWriter {
            segments_max: self.reply_segments_max,
            horizon: self.retry_horizon,
            daily: self.daily,
        }
    }

    /// The limits on how often a reply is claimed and how many are sent.
    #[must_use]
    pub fn reply_limits(&self) -> ReplyLimits {
        ReplyLimits {
            throttle: Throttle {
                max: self.replies_max,
                window: self.replies_window,
            },
            claims_max: self.claims_max,
        }
    }
}

impl Config {
    /// The number that people text; `None`: it is one of a messaging service's.
    #[must_use]
    pub fn service_number(&self) -> Option<&Phone> {
        match &self.twilio.from {
            Sender::Number(number) => Some(number),
            Sender::Service(_) => None,
        }
    }

    /// Whether a number that is not linked may link itself now. A messaging service has several numbers:
    /// then the inbox alone compares a number's country with that of the number that it texted.
    #[must_use]
    pub fn may_sign_up(&self, phone: &Phone) -> bool {
        match (&self.sign_up, self.service_number()) {
            (SignUpRule::OpenNearby, None) => true,
            (rule, ours) => rule.allows(phone, ours) == SignUp::Allowed,
        }
    }

    /// What decides about inbound texts.
    #[must_use]
    pub fn inbox_policy(&self) -> InboxPolicy {
        let keys = self.secret_keys.clone();
        InboxPolicy {
            marks: Marks::new(move |phone| keys.marks(phone)),
            sign_up: self.sign_up.clone(),
            open_texts_max: self.limits.open_texts_max,
            opt_out_words: self.opt_out_words.clone(),
            writer: self.limits.reply_writer(),
            fail_point: self.fail_point,
        }
    }
}
