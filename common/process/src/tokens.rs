//! The tokens that X granted, in the form in which the ledger stores them.

use std::time::Duration;

use birdcall_domain::{
    account::{REFRESH_TOKEN_LIFE, refresh_due},
    clock::Timestamp,
};
use birdcall_ledger::accounts::{SealedPair, seal_context};
use birdcall_vendors::x::oauth::TokenPair;

use crate::vault::Vault;

/// When X granted a pair of tokens, and what decides when it is refreshed.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// The time of the grant.
    pub now: Timestamp,
    /// `REFRESH_MARGIN`: how long before its expiry the access token is refreshed.
    pub margin: Duration,
    /// A random number in `0.0..1.0`, which spreads refreshes over time.
    pub unit: f64,
}

/// Seals a pair of tokens for an account. A pair without a refresh token (X did not grant
/// `offline.access`) is never due for a refresh, and the sign-in ends when its access token expires.
#[must_use]
pub fn seal_pair(vault: &Vault, account_id: &str, pair: &TokenPair, at: Moment) -> SealedPair {
    let seal = |token, what| vault.seal(token, &seal_context(account_id, what));
    let expires_at = at.now + pair.expires_in;
    SealedPair {
        access_token: seal(&pair.access_token, "access"),
        access_expires_at: expires_at,
        refresh_token: pair
            .refresh_token
            .as_ref()
            .map(|token| seal(token, "refresh"))
            .unwrap_or_default(),
        refresh_expires_at: at.now + REFRESH_TOKEN_LIFE,
        refresh_due_at: pair
            .refresh_token
            .as_ref()
            .map(|_| refresh_due(expires_at, at.margin, at.unit).max(at.now)),
        scopes: pair.scopes.clone(),
    }
}
