//! A sign-in under way: from the button to X and back.

use crate::{clock::Timestamp, words::words};

words! {
    /// Why a sign-in failed.
    pub enum SignInFailure {
        /// The person pressed Cancel at X.
        Denied = "denied",
        /// The sign-in took longer than `SIGN_IN_TTL`.
        Expired = "expired",
        /// X sent the same answer before.
        Replayed = "replayed",
        /// X's answer does not belong to any sign-in that is under way.
        UnknownState = "unknownstate",
        /// X sent neither a code nor an error.
        Malformed = "malformed",
        /// X refused the code.
        CodeRefused = "coderefused",
        /// X could not be reached.
        Outage = "outage",
        /// X does not accept the operator's app.
        AppRefused = "apprefused",
        /// X did not grant what posting needs.
        ScopeMissing = "scopemissing",
    }
}

impl SignInFailure {
    /// The reason in words, for the phone and for the page.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Denied => "you did not allow it at X",
            Self::Expired => "it took too long",
            Self::Replayed => "that sign-in was already used, and nothing has changed",
            Self::UnknownState => "it was not started here",
            Self::Malformed => "X sent an incomplete answer",
            Self::CodeRefused => "X did not accept it",
            Self::Outage => "X is not answering right now",
            Self::AppRefused => "X does not accept this service. Please tell its operator",
            Self::ScopeMissing => "you did not give us permission to post",
        }
    }
}

/// What the redirect from X holds.
#[derive(Clone, Debug, Default)]
pub struct Callback {
    /// The authorization code.
    pub code: Option<String>,
    /// The error, such as `access_denied` (RFC 6749, section 4.1.2.1). X does not document its words, so
    /// any error counts as a refusal.
    pub error: Option<String>,
}

/// What the ledger knows of the sign-in that the `state` names.
#[derive(Clone, Copy, Debug)]
pub struct Pending {
    /// The moment from which the sign-in no longer counts.
    pub expires_at: Timestamp,
    /// Whether it was used before.
    pub used: bool,
}

/// Decides what to do with a redirect: returns the code to exchange, or why there is none.
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

/// The scopes that Birdcall asks for. `media.write` is among them so that pictures will need no second
/// sign-in.
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
