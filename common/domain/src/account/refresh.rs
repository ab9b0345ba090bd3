//! The judge of a refresh: what X's answer makes of the stored pair.

use crate::{backoff::Backoff, clock::Timestamp};

/// What X said to a refresh that brought no new pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefreshFailure {
    /// HTTP 400 about the token: it is spent, expired or revoked.
    TokenInvalid,
    /// X did not process it, so the pair is good.
    Unavailable,
    /// The request was written and no readable answer came. The token may be spent, and it is
    /// never presented again: X revokes a family whose spent token comes back.
    AnswerLost,
}

impl RefreshFailure {
    /// One word for logs and metrics.
    #[must_use]
    pub fn class(self) -> &'static str {
        match self {
            Self::TokenInvalid => "invalid",
            Self::Unavailable => "unavailable",
            Self::AnswerLost => "answer_lost",
        }
    }
}

/// What to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefreshSettlement<P> {
    /// Store the new pair if the version is unchanged. The lease may be over: a slow answer is still
    /// the only good pair.
    Store(P),
    /// The owner has to sign in. It is written only if the version is unchanged.
    Disconnect,
    /// The pair is good: try again then.
    TryAgain {
        /// When.
        due_at: Timestamp,
    },
    /// The refresh token is never presented again; the access token lasts until it expires.
    CountAsSpent,
}

/// Decides what X's answer makes of the stored pair. `failures` counts the refreshes in a row
/// before this one that X could not be asked for; `unit`, in `0.0..1.0`, is the jitter.
#[must_use]
pub fn settle_refresh<P>(
    answer: Result<P, RefreshFailure>,
    failures: u32,
    now: Timestamp,
    unit: f64,
    backoff: Backoff,
) -> RefreshSettlement<P> {
    match answer {
        Ok(pair) => RefreshSettlement::Store(pair),
        Err(RefreshFailure::TokenInvalid) => RefreshSettlement::Disconnect,
        Err(RefreshFailure::Unavailable) => RefreshSettlement::TryAgain {
            due_at: now + backoff.delay(failures + 1, unit),
        },
        Err(RefreshFailure::AnswerLost) => RefreshSettlement::CountAsSpent,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_failure_never_costs_a_good_pair() {
        let now = Timestamp(1_000_000_000);
        let backoff = Backoff {
            min: Duration::from_secs(5),
            max: Duration::from_secs(900),
        };
        use RefreshSettlement::{CountAsSpent, Disconnect, Store, TryAgain};
        let due_at = now + Duration::from_secs(10);
        for (answer, expected) in [
            (Ok("new"), Store("new")),
            (Err(RefreshFailure::TokenInvalid), Disconnect),
            (Err(RefreshFailure::Unavailable), TryAgain { due_at }),
            (Err(RefreshFailure::AnswerLost), CountAsSpent),
        ] {
            assert_eq!(settle_refresh(answer, 1, now, 1.0, backoff), expected);
        }
    }
}
