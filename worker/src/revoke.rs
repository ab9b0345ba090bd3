//! Revokes tokens at X: those of an account, at once, and pairs that nobody uses any more, in a job of
//! their own.

use std::sync::Arc;

use birdcall_domain::account::{Revocation, RevocationSettlement, settle_revocation};
use birdcall_ledger::{
    LedgerResult,
    accounts::{Account, seal_context},
};

use crate::context::Context;

/// Revokes an account's tokens at X, and returns what happened.
pub(crate) async fn revoke_tokens(context: &Context, account: &Account) -> Revocation {
    let (access, refresh) = (&account.access_token, &account.refresh_token);
    revoke_pair(context, &account.id, access, refresh).await
}

/// Revoking the refresh token ends the grant; the access token is revoked as well, in case it does not.
async fn revoke_pair(
    context: &Context,
    account_id: &str,
    sealed_access: &str,
    sealed_refresh: &str,
) -> Revocation {
    let mut happened = Revocation::NothingToRevoke;
    for (sealed, what) in [(sealed_refresh, "refresh"), (sealed_access, "access")] {
        if sealed.is_empty() {
            continue;
        }
        let opened = context.vault.open(sealed, &seal_context(account_id, what));
        happened = happened.and(match opened {
            Err(_) => Revocation::NotOpened,
            Ok(token) if context.x.revoke(&token).await.is_ok() => Revocation::Revoked,
            Ok(_) => Revocation::NotAnswered,
        });
    }
    happened
}

/// The `revoke` job: has X revoke a pair that nobody uses any more, if it is due.
pub(crate) async fn work_off(context: &Arc<Context>, id: &str) -> LedgerResult<()> {
    let limits = &context.config.limits;
    let taken = context
        .ledger
        .take_revocation(id, limits.lease, context.now())
        .await?;
    let Some(pair) = taken else {
        return Ok(());
    };
    let (access, refresh) = (&pair.access_token, &pair.refresh_token);
    let happened = revoke_pair(context, &pair.account_id, access, refresh).await;
    context.config.fail_point.reached("revoke.called");
    let settlement = settle_revocation(
        happened,
        pair.progress,
        limits.revoke_horizon,
        context.now(),
        context.random.unit(),
        limits.backoff,
    );
    let what = happened.words();
    match settlement {
        RevocationSettlement::Done => tracing::info!(revocation.id = id, what, "a pair is revoked"),
        RevocationSettlement::TryAgain { .. } => {
            tracing::warn!(
                revocation.id = id,
                what,
                "X is asked again to revoke a pair"
            );
        }
        RevocationSettlement::GiveUp => {
            tracing::error!(
                revocation.id = id,
                what,
                "a pair is not revoked: REVOKE_HORIZON is over"
            );
        }
    }
    context.ledger.settle_revocation(id, settlement).await
}
