//! A pair of tokens as it is stored: sealed.

use birdcall_domain::clock::Timestamp;

/// A sealed pair with its times.
#[derive(Clone)]
pub struct SealedPair {
    /// Sealed.
    pub access_token: String,
    /// When it expires.
    pub access_expires_at: Timestamp,
    /// Sealed; empty when X gave none.
    pub refresh_token: String,
    /// When it probably expires.
    pub refresh_expires_at: Timestamp,
    /// When to refresh; `None` when there is nothing to refresh with.
    pub refresh_due_at: Option<Timestamp>,
    /// What X granted; `None` when X did not say, and then it is as before.
    pub scopes: Option<String>,
}

/// The context that a sealed token of an account is bound to; `token` is `access` or `refresh`.
#[must_use]
pub fn seal_context(account_id: &str, token: &str) -> String {
    format!("{token}:{account_id}")
}
