//! When an access token is used, and when it is refreshed first.

use std::time::Duration;

use super::AccountState;
use crate::clock::Timestamp;

/// X's refresh tokens live about six months (X DevRel; today's documentation does not say). It is
/// a reason to ask for a sign-in early, and never a proof that a token is dead.
pub const REFRESH_TOKEN_LIFE: Duration = Duration::from_secs(180 * 24 * 3600);

/// A token is not used in its last moments, when it could expire during the call.
pub const ACCESS_TOKEN_REMAINDER_MIN: Duration = Duration::from_secs(60);

/// When a token that expires at `expires_at` is refreshed: `margin` before, and up to a third of
/// the margin earlier by chance (`unit` in `0.0..1.0`), so that accounts that were linked together
/// are not refreshed together.
#[must_use]
pub fn refresh_due(expires_at: Timestamp, margin: Duration, unit: f64) -> Timestamp {
    expires_at - margin - (margin / 3).mul_f64(unit)
}

/// Why there is no access token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenTrouble {
    /// The owner has to sign in.
    SignInNeeded,
    /// Another process is refreshing it right now.
    Busy,
    /// X could not be asked. The stored pair is untouched.
    Unavailable,
}

/// What an access token is needed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// A call: any token that has not expired will do.
    Fresh,
    /// A call, after X refused the token of this version: a newer one is needed.
    NewerThan(i64),
    /// Nothing yet: the token expires soon.
    Ahead,
}

/// What the ledger knows of an account's tokens.
#[derive(Clone, Copy, Debug)]
pub struct TokenStanding {
    /// The account's state.
    pub state: AccountState,
    /// When the access token expires.
    pub access_expires_at: Timestamp,
    /// The version of the pair.
    pub version: i64,
    /// Whether there is a refresh token that was not presented yet.
    pub can_refresh: bool,
    /// The end of the lease under which the refresh token was presented, if it was.
    pub leased_until: Option<Timestamp>,
    /// When the pair is refreshed ahead of its expiry.
    pub refresh_due_at: Option<Timestamp>,
}

/// What is done to get an access token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenStep {
    /// Use the stored one.
    Use,
    /// There is none.
    Stop(TokenTrouble),
    /// The pair is worth nothing: the owner has to sign in.
    Disconnect,
    /// The process that presented the refresh token died: the token counts as presented.
    CountAsSpent,
    /// Present the refresh token.
    Refresh,
}

/// Decides the next step towards an access token.
#[must_use]
pub fn next_step(account: &TokenStanding, need: Need, now: Timestamp) -> TokenStep {
    if account.state == AccountState::NeedsSignIn {
        return TokenStep::Stop(TokenTrouble::SignInNeeded);
    }
    let fresh = now + ACCESS_TOKEN_REMAINDER_MIN < account.access_expires_at;
    let good_enough = match need {
        Need::Fresh => true,
        Need::NewerThan(version) => account.version != version,
        Need::Ahead => account.refresh_due_at.is_none_or(|due| due > now),
    };
    if fresh && good_enough {
        return TokenStep::Use;
    }
    if !account.can_refresh {
        return match fresh && need == Need::Ahead {
            true => TokenStep::Use,
            false => TokenStep::Disconnect,
        };
    }
    match account.leased_until {
        Some(until) if until > now => TokenStep::Stop(TokenTrouble::Busy),
        Some(_) => TokenStep::CountAsSpent,
        None => TokenStep::Refresh,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_000_000_000);
    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn tokens_are_refreshed_before_they_expire() {
        let margin = Duration::from_secs(900);
        let expires_at = Timestamp(7_200_000);
        assert_eq!(refresh_due(expires_at, margin, 0.0), Timestamp(6_300_000));
        assert_eq!(refresh_due(expires_at, margin, 1.0), Timestamp(6_000_000));
    }

    #[test]
    fn the_way_to_an_access_token() {
        let good = TokenStanding {
            state: AccountState::Active,
            access_expires_at: NOW + HOUR,
            version: 3,
            can_refresh: true,
            leased_until: None,
            refresh_due_at: Some(NOW + HOUR / 2),
        };
        let old = TokenStanding {
            access_expires_at: NOW + ACCESS_TOKEN_REMAINDER_MIN,
            refresh_due_at: Some(NOW),
            ..good
        };
        let due = TokenStanding {
            refresh_due_at: Some(NOW),
            ..good
        };
        let spent = |account: TokenStanding| TokenStanding {
            can_refresh: false,
            ..account
        };
        let leased = |account: TokenStanding, until| TokenStanding {
            leased_until: Some(until),
            ..account
        };
        let signed_out = TokenStanding {
            state: AccountState::NeedsSignIn,
            ..good
        };
        use TokenStep::{CountAsSpent, Disconnect, Refresh, Stop, Use};
        for (account, need, expected) in [
            (good, Need::Fresh, Use),
            (old, Need::Fresh, Refresh),
            (good, Need::NewerThan(3), Refresh),
            (good, Need::NewerThan(2), Use),
            (good, Need::Ahead, Use),
            (due, Need::Ahead, Refresh),
            (due, Need::Fresh, Use),
            (spent(good), Need::Fresh, Use),
            (spent(due), Need::Ahead, Use),
            (spent(old), Need::Ahead, Disconnect),
            (spent(old), Need::Fresh, Disconnect),
            (spent(good), Need::NewerThan(3), Disconnect),
            (
                leased(old, NOW + HOUR),
                Need::Fresh,
                Stop(TokenTrouble::Busy),
            ),
            (leased(old, NOW), Need::Fresh, CountAsSpent),
            (leased(good, NOW), Need::Fresh, Use),
            (signed_out, Need::Fresh, Stop(TokenTrouble::SignInNeeded)),
        ] {
            assert_eq!(
                next_step(&account, need, NOW),
                expected,
                "{account:?} {need:?}"
            );
        }
    }
}
