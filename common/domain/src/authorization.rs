//! A sign-in under way: from the button to X and back.

use crate::clock::Timestamp;

/// How a sign-in ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInFailure {
    /// The person pressed Cancel at X.
    Denied,
    /// The sign-in took too long.
    Expired,
    /// The same way back was used before.
    Replayed,
    /// The way back does not belong to any sign-in that is under way.
    UnknownState,
    /// X sent neither a code nor an error.
    Malformed,
    /// X refused the code.
    CodeRefused,
    /// X could not be reached.
    Outage,
    /// X did not grant what posting needs.
    ScopeMissing,
}

/// What the redirect from X holds.
#[derive(Clone, Debug, Default)]
pub struct Callback {
    /// The authorization code.
    pub code: Option<String>,
    /// RFC 6749 4.1.2.1: `access_denied` and its kin. X's words are undocumented: any will do.
    pub error: Option<String>,
}

/// What is known of the sign-in that the `state` names.
#[derive(Clone, Copy, Debug)]
pub struct Pending {
    /// When the sign-in is no longer good.
    pub expires_at: Timestamp,
    /// Whether it was used before.
    pub used: bool,
}

/// Decides what to do with a redirect: the code to exchange, or why there is nothing to exchange.
///
/// # Errors
///
/// The failure that the person is shown.
pub fn decide(
    callback: &Callback,
    pending: Option<Pending>,
    now: Timestamp,
) -> Result<&str, SignInFailure> {
    let pending = pending.ok_or(SignInFailure::UnknownState)?;
    if pending.used {
        return Err(SignInFailure::Replayed);
    }
    if callback.error.is_some() {
        return Err(SignInFailure::Denied);
    }
    if now >= pending.expires_at {
        return Err(SignInFailure::Expired);
    }
    callback
        .code
        .as_deref()
        .filter(|code| !code.is_empty())
        .ok_or(SignInFailure::Malformed)
}

/// The scopes that are asked for. `media.write` is asked for now so that pictures need no second
/// sign-in later.
pub const SCOPES: [&str; 5] = [
    "tweet.read",
    "tweet.write",
    "users.read",
    "media.write",
    "offline.access",
];

/// Whether what X granted is enough to post and to find the post again.
#[must_use]
pub fn scopes_suffice(granted: &str) -> bool {
    let granted: Vec<&str> = granted.split_whitespace().collect();
    ["tweet.read", "tweet.write", "users.read"]
        .iter()
        .all(|scope| granted.contains(scope))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_is_judged_in_order() {
        let pending = |used| {
            Some(Pending {
                expires_at: Timestamp(100),
                used,
            })
        };
        let callback = |code: Option<&str>, error: Option<&str>| Callback {
            code: code.map(str::to_owned),
            error: error.map(str::to_owned),
        };
        let code = callback(Some("c"), None);
        for (callback, pending, now, expected) in [
            (&code, pending(false), 99, Ok("c")),
            (&code, pending(false), 100, Err(SignInFailure::Expired)),
            (&code, pending(true), 99, Err(SignInFailure::Replayed)),
            (&code, None, 99, Err(SignInFailure::UnknownState)),
            (
                &callback(None, Some("access_denied")),
                pending(false),
                99,
                Err(SignInFailure::Denied),
            ),
            (
                &callback(None, Some("server_error")),
                pending(false),
                99,
                Err(SignInFailure::Denied),
            ),
            (
                &callback(None, None),
                pending(false),
                99,
                Err(SignInFailure::Malformed),
            ),
            (
                &callback(Some(""), None),
                pending(false),
                99,
                Err(SignInFailure::Malformed),
            ),
        ] {
            assert_eq!(decide(callback, pending, Timestamp(now)), expected);
        }
    }

    #[test]
    fn posting_needs_three_scopes() {
        assert!(scopes_suffice("users.read tweet.write tweet.read"));
        assert!(!scopes_suffice("tweet.read users.read"));
    }
}
