//! Revokes tokens at X.

use birdcall_ledger::accounts::{Account, seal_context};

use crate::context::Context;

/// Revokes an account's tokens at X. `false`: X did not confirm. Revoking the refresh token ends the
/// grant; the access token is revoked as well, in case it does not.
pub async fn revoke_tokens(context: &Context, account: &Account) -> bool {
    let mut revoked = true;
    for (sealed, what) in [
        (&account.refresh_token, "refresh"),
        (&account.access_token, "access"),
    ] {
        if sealed.is_empty() {
            continue;
        }
        // Nobody can revoke a token that cannot be opened.
        let opened = context.vault.open(sealed, &seal_context(&account.id, what));
        if let Ok(token) = opened {
            revoked &= context.x.revoke(&token).await.is_ok();
        }
    }
    revoked
}
