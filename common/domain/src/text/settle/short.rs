//! What becomes of a text when X answered 402 or 429.

use super::Settling;
use crate::{
    clock::Timestamp,
    reply::Sentence,
    text::{Call, Measure, Reason, Settlement, Shortage, measure},
};

impl Settling<'_> {
    /// 402 or 429: see the table in `shortage.rs`.
    pub(super) fn settle_shortage(&self, call: Call, shortage: Shortage) -> Settlement {
        let failures = self.text.failures;
        match measure(call, shortage, failures, |n| self.delay(n)) {
            Measure::Wait {
                reason,
                at,
                tell,
                pause,
            } => {
                let notice = tell.then(|| self.notice(reason, at)).flatten();
                Settlement {
                    pause,
                    ..self.wait(reason, at, notice)
                }
            }
            Measure::AskAgain { at } => self.unreadable_until(at),
            Measure::Rest => self.rest(),
        }
    }

    pub(super) fn notice(&self, reason: Reason, until: Timestamp) -> Option<Sentence> {
        match reason {
            Reason::Money => Some(Sentence::OutOfCredit),
            Reason::RateLimit => Some(Sentence::RateLimited { until }),
            _ => None,
        }
    }
}
