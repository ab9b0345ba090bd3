//! What becomes of a text when the call that creates its post failed.

use super::Settling;
use crate::{
    call::CallError,
    rejection::XRejection,
    reply::Sentence,
    text::{Call, Reason, Settlement, Shortage},
};

impl Settling<'_> {
    pub(super) fn call_failed(
        &self,
        error: &CallError<XRejection>,
        token_version: i64,
    ) -> Settlement {
        match error {
            CallError::InDoubt(_) => self.in_doubt(None),
            CallError::NotSent(_) => self.retry(Reason::Outage),
            CallError::Unauthorized => self.unauthorized(token_version),
            CallError::PaymentRequired => self.settle_shortage(Call::Post, Shortage::Credit),
            CallError::RateLimited { until, scope } => {
                let (until, scope) = (*until, *scope);
                self.settle_shortage(Call::Post, Shortage::Rate { until, scope })
            }
            CallError::Rejected(XRejection::MissingScope) => Settlement {
                needs_sign_in: true,
                ..self.sign_in_needed()
            },
            CallError::Rejected(XRejection::AppForbidden { .. }) => {
                self.settle_shortage(Call::Post, Shortage::App)
            }
            // After an unknown outcome a duplicate is evidence that the first try got through:
            // look for it once more before saying no.
            CallError::Rejected(XRejection::Duplicate)
                if self.text.doubted && self.text.reason != Some(Reason::Duplicate) =>
            {
                self.in_doubt(Some(Reason::Duplicate))
            }
            CallError::Rejected(XRejection::Duplicate) => {
                self.refuse(Reason::Duplicate, Sentence::Rejected(XRejection::Duplicate))
            }
            CallError::Rejected(rejection) => {
                self.refuse(Reason::Rejected, Sentence::Rejected(rejection.clone()))
            }
        }
    }
}
