//! What becomes of a command that X could not carry out.

use super::Settling;
use crate::{
    call::CallError,
    rejection::XRejection,
    reply::Sentence,
    text::{Call, Reason, Settlement, Shortage, TextState},
};

impl Settling<'_> {
    /// What a command asks of X can be asked again (a second deletion or revocation changes
    /// nothing), so an unknown outcome is a passing failure.
    pub(super) fn command_failed(
        &self,
        error: &CallError<XRejection>,
        token_version: i64,
    ) -> Settlement {
        match error {
            CallError::Unauthorized => self.refresh_first(token_version).unwrap_or_else(|| {
                self.refresh_now_and_then(token_version, self.retry(Reason::Outage))
            }),
            CallError::InDoubt(_) | CallError::NotSent(_) => self.retry(Reason::Outage),
            CallError::PaymentRequired => self.settle_shortage(Call::Command, Shortage::Credit),
            CallError::RateLimited { until, scope } => {
                let (until, scope) = (*until, *scope);
                self.settle_shortage(Call::Command, Shortage::Rate { until, scope })
            }
            CallError::Rejected(XRejection::AppForbidden { .. }) => {
                self.settle_shortage(Call::Command, Shortage::App)
            }
            CallError::Rejected(rejection) => self.end(
                TextState::Command,
                Some(Reason::Rejected),
                Some(Sentence::CommandRejected(rejection.clone())),
            ),
        }
    }
}
