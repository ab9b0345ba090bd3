//! A linked number and the life of its tokens.

use std::time::Duration;

use crate::clock::Timestamp;

/// Whether posts can be made for a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountState {
    /// Tokens are held.
    Active,
    /// X takes the tokens no longer: the owner must sign in again.
    NeedsSignIn,
}

impl AccountState {
    /// The word that is stored and listed.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::NeedsSignIn => "needs_sign_in",
        }
    }

    /// Reads the stored word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Active, Self::NeedsSignIn]
            .into_iter()
            .find(|state| state.as_str() == word)
    }
}

/// X's refresh tokens live about six months (X DevRel, unconfirmed in today's docs): a reason to
/// ask for sign-in early, never a proof that a token is dead.
pub const REFRESH_TOKEN_LIFE: Duration = Duration::from_secs(180 * 24 * 3600);

/// A token is not used in its last moments: it would expire under way.
pub const ACCESS_TOKEN_REMAINDER_MIN: Duration = Duration::from_secs(60);

/// When a token that expires at `expires_at` is refreshed: `margin` before, and up to a third of
/// the margin earlier by chance (`unit` in `0.0..1.0`), so that accounts that were linked together
/// are not refreshed together.
#[must_use]
pub fn refresh_due(expires_at: Timestamp, margin: Duration, unit: f64) -> Timestamp {
    expires_at - margin - (margin / 3).mul_f64(unit)
}

/// Whether an access token can carry one more call.
#[must_use]
pub fn is_fresh(expires_at: Timestamp, now: Timestamp) -> bool {
    now + ACCESS_TOKEN_REMAINDER_MIN < expires_at
}

/// Why an access token can't be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenTrouble {
    /// The owner must sign in (again).
    SignInNeeded,
    /// Another process is refreshing it just now.
    Busy,
    /// X could not be asked; the pair that is held is untouched.
    Unavailable,
}

/// What X said to a refresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefreshFailure {
    /// HTTP 400 about the token itself: it is spent, expired or revoked.
    TokenInvalid,
    /// X did not process it: the pair is good.
    Unavailable,
    /// The request was written and no readable answer came: the token may be spent, and it is
    /// never presented again (X revokes a family whose spent token comes back).
    AnswerLost,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_refreshed_before_they_expire() {
        let margin = Duration::from_secs(900);
        let expires_at = Timestamp(7_200_000);
        assert_eq!(refresh_due(expires_at, margin, 0.0), Timestamp(6_300_000));
        assert_eq!(refresh_due(expires_at, margin, 1.0), Timestamp(6_000_000));
        assert!(is_fresh(expires_at, Timestamp(7_139_999)));
        assert!(!is_fresh(expires_at, Timestamp(7_140_000)));
    }
}
