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
    /// The number is not linked: it was unlinked since.
    NotLinked,
    /// Another process is refreshing it right now.
    Busy,
    /// X could not be asked. The stored pair is untouched.
    Unavailable,
    /// X does not accept the operator's app. The stored pair is untouched.
    AppRefused,
}

/// What an access token is needed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// A call: any token that has not expired will do.
    Fresh,
    /// A call, after X refused the token of this version: a newer one is wanted.
    NewerThan {
        /// The version.
        version: i64,
        /// The time between the first and the last refusal in a row.
        refused_for: Duration,
    },
    /// Nothing yet: the token expires soon.
    Ahead,
}

/// What is known of a refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefreshToken {
    /// X granted none (without the scope `offline.access`).
    Missing,
    /// It was not presented yet, or X said that it did nothing.
    Good,
    /// It was presented, and nobody knows what came of it: the answer was lost, or the process died.
    /// X may have exchanged it, and may revoke the whole grant when it comes back. So it comes back
    /// only when the access token is over, because then there is nothing left to lose.
    InDoubt,
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
    /// The refresh token.
    pub refresh_token: RefreshToken,
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
    /// The access token has expired and there is no refresh token: the owner has to sign in.
    Disconnect,
    /// The process that presented the refresh token died: the token is in doubt.
    Doubt,
    /// Present the refresh token.
    Refresh,
}

/// Decides the next step towards an access token. `asked`: X was asked for a new pair a moment ago,
/// and gave none. `refused_token_pause` is `REFUSED_TOKEN_PAUSE`.
///
/// No 401 ends a sign-in here, because X has answered 401 to good tokens. Only X's refusal of the
/// refresh token does, or the expiry of a grant that came without one.
#[must_use]
pub fn next_step(
    account: &TokenStanding,
    need: Need,
    asked: bool,
    refused_token_pause: Duration,
    now: Timestamp,
) -> TokenStep {
    if account.state == AccountState::NeedsSignIn {
        return TokenStep::Stop(TokenTrouble::SignInNeeded);
    }
    // A token that is all there is is used to its end: a 401 changes nothing at X.
    let alone = account.refresh_token != RefreshToken::Good;
    let remainder = match alone {
        true => Duration::ZERO,
        false => ACCESS_TOKEN_REMAINDER_MIN,
    };
    let usable = now + remainder < account.access_expires_at;
    let good_enough = match need {
        Need::Fresh => true,
        Need::NewerThan { version, .. } => account.version != version,
        Need::Ahead => account.refresh_due_at.is_none_or(|due| due > now),
    };
    if usable && good_enough {
        return TokenStep::Use;
    }
    let over = !usable
        || matches!(need, Need::NewerThan { refused_for, .. } if refused_for >= refused_token_pause);
    match (account.refresh_token, account.leased_until) {
        (RefreshToken::Missing, _) if usable => TokenStep::Use,
        (RefreshToken::Missing, _) => TokenStep::Disconnect,
        (_, Some(until)) if until > now => TokenStep::Stop(TokenTrouble::Busy),
        (_, Some(_)) => TokenStep::Doubt,
        (RefreshToken::InDoubt, None) if !over => TokenStep::Use,
        (RefreshToken::Good | RefreshToken::InDoubt, None) if !asked => TokenStep::Refresh,
        // The token that X refused may be good after all.
        _ if usable => TokenStep::Use,
        _ => TokenStep::Stop(TokenTrouble::Unavailable),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_000_000_000);
    const HOUR: Duration = Duration::from_secs(3600);
    const PAUSE: Duration = Duration::from_secs(30);

    const GOOD: TokenStanding = TokenStanding {
        state: AccountState::Active,
        access_expires_at: Timestamp(NOW.0 + 3_600_000),
        version: 3,
        refresh_token: RefreshToken::Good,
        leased_until: None,
        refresh_due_at: Some(Timestamp(NOW.0 + 1_800_000)),
    };
    /// In its last minute.
    const OLD: TokenStanding = TokenStanding {
        access_expires_at: Timestamp(NOW.0 + 60_000),
        refresh_due_at: Some(NOW),
        ..GOOD
    };
    const EXPIRED: TokenStanding = TokenStanding {
        access_expires_at: NOW,
        ..OLD
    };
    const DUE: TokenStanding = TokenStanding {
        refresh_due_at: Some(NOW),
        ..GOOD
    };

    fn refused(version: i64, seconds: u64) -> Need {
        Need::NewerThan {
            version,
            refused_for: Duration::from_secs(seconds),
        }
    }

    fn without_refresh_token(account: TokenStanding) -> TokenStanding {
        TokenStanding {
            refresh_token: RefreshToken::Missing,
            ..account
        }
    }

    fn in_doubt(account: TokenStanding) -> TokenStanding {
        TokenStanding {
            refresh_token: RefreshToken::InDoubt,
            ..account
        }
    }

    fn leased(account: TokenStanding, until: Timestamp) -> TokenStanding {
        TokenStanding {
            leased_until: Some(until),
            ..account
        }
    }

    #[test]
    fn tokens_are_refreshed_before_they_expire() {
        let margin = Duration::from_secs(900);
        let expires_at = Timestamp(7_200_000);
        assert_eq!(refresh_due(expires_at, margin, 0.0), Timestamp(6_300_000));
        assert_eq!(refresh_due(expires_at, margin, 1.0), Timestamp(6_000_000));
    }

    #[test]
    fn the_way_to_an_access_token() {
        let signed_out = TokenStanding {
            state: AccountState::NeedsSignIn,
            ..GOOD
        };
        use TokenStep::{Disconnect, Doubt, Refresh, Stop, Use};
        let busy = Stop(TokenTrouble::Busy);
        for (account, need, expected) in [
            (GOOD, Need::Fresh, Use),
            (OLD, Need::Fresh, Refresh),
            (GOOD, refused(3, 0), Refresh),
            (GOOD, refused(2, 0), Use),
            (GOOD, Need::Ahead, Use),
            (DUE, Need::Ahead, Refresh),
            (DUE, Need::Fresh, Use),
            // Without a refresh token the sign-in lasts as long as the access token, whatever 401s say.
            (without_refresh_token(GOOD), Need::Fresh, Use),
            (without_refresh_token(DUE), Need::Ahead, Use),
            (without_refresh_token(GOOD), refused(3, 0), Use),
            (without_refresh_token(GOOD), refused(3, 300), Use),
            (without_refresh_token(OLD), Need::Fresh, Use),
            (without_refresh_token(EXPIRED), Need::Fresh, Disconnect),
            (without_refresh_token(EXPIRED), Need::Ahead, Disconnect),
            // One process presents the refresh token. If it died, the token is in doubt.
            (leased(OLD, NOW + HOUR), Need::Fresh, busy),
            (leased(OLD, NOW), Need::Fresh, Doubt),
            (leased(in_doubt(EXPIRED), NOW), Need::Fresh, Doubt),
            (leased(GOOD, NOW), Need::Fresh, Use),
            // In doubt, the access token is used to its end.
            (in_doubt(GOOD), Need::Fresh, Use),
            (in_doubt(DUE), Need::Ahead, Use),
            (in_doubt(OLD), Need::Fresh, Use),
            (in_doubt(GOOD), refused(3, 0), Use),
            (in_doubt(GOOD), refused(3, 29), Use),
            // Then there is nothing left to lose.
            (in_doubt(GOOD), refused(3, 30), Refresh),
            (in_doubt(EXPIRED), Need::Fresh, Refresh),
            (in_doubt(EXPIRED), Need::Ahead, Refresh),
            (in_doubt(EXPIRED), refused(2, 0), Refresh),
            (signed_out, Need::Fresh, Stop(TokenTrouble::SignInNeeded)),
        ] {
            assert_eq!(
                next_step(&account, need, false, PAUSE, NOW),
                expected,
                "{account:?} {need:?}"
            );
        }
    }

    #[test]
    fn x_is_asked_once_for_one_need() {
        let unavailable = TokenStep::Stop(TokenTrouble::Unavailable);
        for (account, need, expected) in [
            (OLD, Need::Fresh, unavailable),
            (EXPIRED, Need::Fresh, unavailable),
            (in_doubt(EXPIRED), Need::Fresh, unavailable),
            // X may have refused a good token, so it is tried again.
            (GOOD, refused(3, 0), TokenStep::Use),
            (in_doubt(GOOD), refused(3, 300), TokenStep::Use),
            (DUE, Need::Ahead, TokenStep::Use),
        ] {
            assert_eq!(
                next_step(&account, need, true, PAUSE, NOW),
                expected,
                "{account:?} {need:?}"
            );
        }
    }
}
