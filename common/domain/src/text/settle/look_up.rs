//! What becomes of a text with an unknown outcome when the timeline was read.

use super::Settling;
use crate::{
    call::CallError,
    clock::Timestamp,
    rejection::XRejection,
    reply::Sentence,
    text::{Call, Reason, Settlement, Shortage, TextState},
};

impl Settling<'_> {
    pub(super) fn not_found(&self) -> Settlement {
        if let Some(planned) = self.text.look_due_at.filter(|at| self.now < *at) {
            return self.again(planned);
        }
        let checks = self.text.checks + 1;
        if (checks as usize) < self.policy.resolve_delays.len() {
            let at = self.now + self.resolve_delay(checks);
            return Settlement {
                checks,
                look_due_at: Some(at),
                failures: 0,
                unauthorized: None,
                ..self.again(at)
            };
        }
        if self.text.reason == Some(Reason::Duplicate) {
            return self.refuse(Reason::Duplicate, Sentence::AlreadyPosted);
        }
        if self.now > self.text.deadline_at {
            return self.give_up();
        }
        // Not there after the last look: it was not posted, and may be.
        Settlement {
            state: TextState::Received,
            reason: None,
            next_attempt_at: Some(self.now),
            checks: 0,
            failures: 0,
            unauthorized: None,
            ..self.keep()
        }
    }

    pub(super) fn unreadable(
        &self,
        error: &CallError<XRejection>,
        token_version: i64,
    ) -> Settlement {
        match error {
            CallError::Unauthorized => self
                .refresh_first(token_version)
                .unwrap_or_else(|| self.refresh_now_and_then(token_version, self.look_again())),
            CallError::PaymentRequired => self.settle_shortage(Call::LookUp, Shortage::Credit),
            CallError::RateLimited { until, scope } => {
                let (until, scope) = (*until, *scope);
                self.settle_shortage(Call::LookUp, Shortage::Rate { until, scope })
            }
            CallError::Rejected(XRejection::AppForbidden { .. }) => {
                self.settle_shortage(Call::LookUp, Shortage::App)
            }
            CallError::Rejected(_) => self.rest(),
            CallError::NotSent(_) | CallError::InDoubt(_) => self.look_again(),
        }
    }

    /// The timeline could not be read for a passing reason.
    pub(super) fn look_again(&self) -> Settlement {
        self.unreadable_until(self.delay(self.text.failures + 1))
    }

    pub(super) fn unreadable_until(&self, at: Timestamp) -> Settlement {
        if at > self.text.deadline_at {
            return self.rest();
        }
        Settlement {
            failures: self.text.failures + 1,
            tell: self.late(at).then_some(Sentence::StillTrying),
            ..self.again(at)
        }
    }

    /// Nobody can tell whether it was posted: its owner decides.
    pub(super) fn rest(&self) -> Settlement {
        Settlement {
            state: TextState::InDoubt,
            doubted: true,
            tell: Some(Sentence::Unresolved),
            ..self.keep()
        }
    }
}
