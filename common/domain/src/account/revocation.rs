//! Revoking tokens at X: what happened, in words that are true, and whether X is asked again.

use std::time::Duration;

use crate::{backoff::Backoff, clock::Timestamp};

/// What happened when X was to revoke the tokens of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revocation {
    /// There was no token to revoke.
    NothingToRevoke,
    /// X confirmed.
    Revoked,
    /// X was not asked about a token, because no key of `SECRET_KEY` opens it.
    NotOpened,
    /// X did not confirm.
    NotAnswered,
}

impl Revocation {
    /// What happened to two tokens, of which this is one. What is left to do decides.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let rank = |one| match one {
            Self::NothingToRevoke => 0,
            Self::Revoked => 1,
            Self::NotOpened => 2,
            Self::NotAnswered => 3,
        };
        if rank(other) > rank(self) {
            other
        } else {
            self
        }
    }

    /// What happened, for the audit and for the operator.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::NothingToRevoke => "there were no tokens to revoke",
            Self::Revoked => "revoked at X",
            Self::NotOpened => {
                "X was not asked to revoke the tokens, because no key of SECRET_KEY opens them"
            }
            Self::NotAnswered => "X did not confirm the revocation",
        }
    }

    /// Whether nothing is left to do at X.
    #[must_use]
    pub fn is_done(self) -> bool {
        matches!(self, Self::NothingToRevoke | Self::Revoked)
    }
}

/// What becomes of a pair that X has to revoke.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RevocationSettlement {
    /// It is forgotten: X has revoked it.
    Done,
    /// X is asked again.
    TryAgain {
        /// When.
        due_at: Timestamp,
    },
    /// It is forgotten although X has not revoked it: it was tried for long enough.
    GiveUp,
}

/// A pair that X has to revoke.
#[derive(Clone, Copy, Debug)]
pub struct RevocationProgress {
    /// Since when.
    pub created_at: Timestamp,
    /// How often it failed.
    pub failures: u32,
}

/// Decides what becomes of a pair that X was to revoke. `horizon` is `REVOKE_HORIZON`; `unit`, in
/// `0.0..1.0`, is the jitter.
#[must_use]
pub fn settle_revocation(
    happened: Revocation,
    progress: RevocationProgress,
    horizon: Duration,
    now: Timestamp,
    unit: f64,
    backoff: Backoff,
) -> RevocationSettlement {
    if happened.is_done() {
        return RevocationSettlement::Done;
    }
    let due_at = now + backoff.delay(progress.failures + 1, unit);
    if due_at > progress.created_at + horizon {
        return RevocationSettlement::GiveUp;
    }
    RevocationSettlement::TryAgain { due_at }
}

#[cfg(test)]
mod tests {
    use super::{Revocation::*, *};

    #[test]
    fn what_is_left_to_do_decides() {
        for (one, other, both) in [
            (NothingToRevoke, NothingToRevoke, NothingToRevoke),
            (NothingToRevoke, Revoked, Revoked),
            (Revoked, NotOpened, NotOpened),
            (NotOpened, NotAnswered, NotAnswered),
            (Revoked, NotAnswered, NotAnswered),
        ] {
            assert_eq!(one.and(other), both);
            assert_eq!(other.and(one), both);
        }
    }

    #[test]
    fn a_pair_is_revoked_or_tried_for_as_long_as_its_horizon() {
        let backoff = Backoff {
            min: Duration::from_secs(5),
            max: Duration::from_secs(900),
        };
        let (created_at, day) = (Timestamp(1_000_000_000), Duration::from_secs(24 * 3600));
        let progress = RevocationProgress {
            created_at,
            failures: 1,
        };
        use RevocationSettlement::{Done, GiveUp, TryAgain};
        let again = |now| TryAgain {
            due_at: now + Duration::from_secs(10),
        };
        let late = created_at + day;
        for (happened, now, expected) in [
            (Revoked, created_at, Done),
            (NothingToRevoke, created_at, Done),
            (NotAnswered, created_at, again(created_at)),
            // The key may come back.
            (NotOpened, created_at, again(created_at)),
            (NotAnswered, late, GiveUp),
            (Revoked, late, Done),
        ] {
            let settled = settle_revocation(happened, progress, day, now, 1.0, backoff);
            assert_eq!(settled, expected, "{happened:?}");
        }
    }
}
