//! What becomes of a text that waits for credit, for a limit, or for the operator.

use std::time::Duration;

use super::Settling;
use crate::{
    clock::Timestamp,
    reply::Sentence,
    text::{Call, Kind, Measure, Reason, Settlement, Shortage, TextState, measure},
};

const DAY: Duration = Duration::from_secs(24 * 3600);

impl Settling<'_> {
    /// See the table in `shortage.rs`.
    pub(super) fn settle_shortage(&self, call: Call, shortage: Shortage) -> Settlement {
        let failures = self.text.failures;
        match measure(call, shortage, failures, |n| self.delay(n)) {
            Measure::Wait {
                reason,
                at,
                tell,
                pause,
            } => {
                // X can change its mind before a distant reset, and the sender of a text that did not
                // get through is told at its deadline.
                let deadline_at = self.text.deadline_at;
                let at = match self.now < deadline_at {
                    true => at.min(deadline_at),
                    false => at,
                };
                let promised = match shortage {
                    Shortage::Rate { until, .. } => until,
                    Shortage::Credit | Shortage::App => None,
                };
                let notice = tell.then(|| self.notice(reason, promised)).flatten();
                let waiting = self.wait(reason, at, notice);
                let ended = waiting.state == TextState::Failed;
                Settlement {
                    pause,
                    failures: if ended {
                        waiting.failures
                    } else {
                        failures + 1
                    },
                    ..waiting
                }
            }
            Measure::AskAgain { at } => self.unreadable_until(at),
            Measure::Rest => self.rest(),
        }
    }

    /// What the sender is told. `promised` is the moment that X named. A guess of ours is not told,
    /// nor a moment in the past or after the deadline, nor one that hours and minutes can't tell apart
    /// from another day's.
    pub(super) fn notice(&self, reason: Reason, promised: Option<Timestamp>) -> Option<Sentence> {
        match reason {
            Reason::Money => Some(Sentence::OutOfCredit),
            Reason::RateLimit => Some(Sentence::RateLimited {
                until: promised.filter(|at| {
                    *at > self.now && at.since(self.now) < DAY && *at <= self.text.deadline_at
                }),
            }),
            Reason::Operator => Some(Sentence::OperatorNeeded {
                command: self.text.kind == Kind::Command,
            }),
            _ => None,
        }
    }
}
