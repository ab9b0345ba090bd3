//! The judge of a refresh: what X's answer makes of the stored pair.

use super::TokenTrouble;
use crate::{backoff::Backoff, clock::Timestamp};

/// What X said to a refresh that brought no new pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefreshFailure {
    /// HTTP 400 about the token: it is spent, expired or revoked.
    TokenInvalid,
    /// X did not process it, so the pair is as it was.
    Unavailable,
    /// X does not accept the operator's app, so the pair is as it was.
    AppRefused,
    /// The request was written, and no answer came that says what X did. X may have exchanged the
    /// token.
    AnswerLost,
}

impl RefreshFailure {
    /// One word for logs and metrics.
    #[must_use]
    pub fn class(self) -> &'static str {
        match self {
            Self::TokenInvalid => "invalid",
            Self::Unavailable => "unavailable",
            Self::AppRefused => "app_refused",
            Self::AnswerLost => "answer_lost",
        }
    }
}

impl RefreshFailure {
    /// Why there is no token, if the failure leaves none that can be used.
    #[must_use]
    pub fn trouble(self) -> TokenTrouble {
        match self {
            Self::AppRefused => TokenTrouble::AppRefused,
            _ => TokenTrouble::Unavailable,
        }
    }
}

/// What is known of a refresh token that was presented.
#[derive(Clone, Copy, Debug)]
pub struct Presented {
    /// The refreshes in a row before this one that brought neither a pair nor a refusal.
    pub failures: u32,
    /// When the access token of the pair expires.
    pub access_expires_at: Timestamp,
}

impl Presented {
    /// What is written if nobody knows what came of it: the answer was lost, or the process died.
    /// `unit`, in `0.0..1.0`, is the jitter.
    #[must_use]
    pub fn in_doubt<P>(self, now: Timestamp, unit: f64, backoff: Backoff) -> RefreshSettlement<P> {
        let again = now + backoff.delay(self.failures + 1, unit);
        RefreshSettlement::Doubt {
            due_at: again.max(self.access_expires_at),
        }
    }
}

/// What to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefreshSettlement<P> {
    /// Store the new pair if the version is unchanged. The lease may be over, and the account may have
    /// been disconnected: a slow answer is still the only good pair.
    Store(P),
    /// X has ended the grant: the owner has to sign in. It is written only if the version is unchanged.
    Disconnect,
    /// The pair is as it was: try again then.
    TryAgain {
        /// When.
        due_at: Timestamp,
    },
    /// The refresh token is kept, and is in doubt. It is presented once more when the access token is
    /// over.
    Doubt {
        /// When, at the earliest.
        due_at: Timestamp,
    },
}

/// Decides what X's answer makes of the stored pair. `unit`, in `0.0..1.0`, is the jitter.
#[must_use]
pub fn settle_refresh<P>(
    answer: Result<P, RefreshFailure>,
    presented: Presented,
    now: Timestamp,
    unit: f64,
    backoff: Backoff,
) -> RefreshSettlement<P> {
    match answer {
        Ok(pair) => RefreshSettlement::Store(pair),
        Err(RefreshFailure::TokenInvalid) => RefreshSettlement::Disconnect,
        Err(RefreshFailure::Unavailable | RefreshFailure::AppRefused) => {
            RefreshSettlement::TryAgain {
                due_at: now + backoff.delay(presented.failures + 1, unit),
            }
        }
        Err(RefreshFailure::AnswerLost) => presented.in_doubt(now, unit, backoff),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const NOW: Timestamp = Timestamp(1_000_000_000);
    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn a_failure_never_costs_a_pair_that_x_has_not_refused() {
        let backoff = Backoff {
            min: Duration::from_secs(5),
            max: Duration::from_secs(900),
        };
        let presented = |access_expires_at| Presented {
            failures: 1,
            access_expires_at,
        };
        use RefreshSettlement::{Disconnect, Doubt, Store, TryAgain};
        let soon = NOW + Duration::from_secs(10);
        let hour = NOW + HOUR;
        for (answer, expires_at, expected) in [
            (Ok("new"), hour, Store("new")),
            (Err(RefreshFailure::TokenInvalid), hour, Disconnect),
            (
                Err(RefreshFailure::Unavailable),
                hour,
                TryAgain { due_at: soon },
            ),
            (
                Err(RefreshFailure::AppRefused),
                hour,
                TryAgain { due_at: soon },
            ),
            // While the access token is good, it is used, and nothing is risked.
            (
                Err(RefreshFailure::AnswerLost),
                hour,
                Doubt { due_at: hour },
            ),
            (Err(RefreshFailure::AnswerLost), NOW, Doubt { due_at: soon }),
        ] {
            let settled = settle_refresh(answer, presented(expires_at), NOW, 1.0, backoff);
            assert_eq!(settled, expected);
        }
    }
}
