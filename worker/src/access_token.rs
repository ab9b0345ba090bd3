//! Access tokens: had when fresh, refreshed when not, by one process at a time.
//!
//! A refresh token is spent once. The lease is on disk before X is called and the new pair is on
//! disk before it is used; a token whose spending nobody can account for (the process died, the
//! answer was lost) is never presented again, since X may revoke the whole family for it.

use std::sync::Arc;

use birdcall_common::tokens;
use birdcall_domain::{
    account::{AccountState, RefreshFailure, TokenTrouble, is_fresh},
    clock::Timestamp,
};
use birdcall_ledger::{LedgerResult, accounts::AccountRow};
use secrecy::SecretString;

use crate::{context::Context, persist::persist};

/// What an access token is needed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// A call: any token that has not expired.
    Fresh,
    /// A call after X refused the token of this version: a newer one.
    NewerThan(i64),
    /// Nothing yet: it expires soon.
    Ahead,
}

/// An access token in the clear, and whose it is.
pub(crate) struct Access {
    pub(crate) token: SecretString,
    pub(crate) version: i64,
    pub(crate) account_id: String,
    pub(crate) user_id: String,
    pub(crate) handle: String,
}

/// Every turn either ends or finds the row changed; more turns than this are a storm.
const TURNS_MAX: usize = 5;

/// An access token for `account_id`, or why there is none.
pub(crate) async fn access(
    context: &Arc<Context>,
    account_id: &str,
    need: Need,
) -> LedgerResult<Result<Access, TokenTrouble>> {
    for _ in 0..TURNS_MAX {
        let now = context.now();
        let Some(account) = context.ledger.account(account_id).await? else {
            return Ok(Err(TokenTrouble::SignInNeeded));
        };
        if account.account_state()? == AccountState::NeedsSignIn {
            return Ok(Err(TokenTrouble::SignInNeeded));
        }
        let fresh = is_fresh(Timestamp(account.access_expires_at), now);
        let wanted = match need {
            Need::Fresh => true,
            Need::NewerThan(version) => account.token_version != version,
            Need::Ahead => account.refresh_due_at.is_none_or(|due| due > now.0),
        };
        if fresh && wanted {
            return open(context, account).await;
        }
        if account.refresh_token.is_empty() {
            if fresh && need == Need::Ahead {
                return open(context, account).await;
            }
            context
                .ledger
                .disconnect_account(&account.id, account.token_version)
                .await?;
            continue;
        }
        if let Some(holder) = &account.refresh_lease_owner {
            if account
                .refresh_lease_until
                .is_some_and(|until| until > now.0)
            {
                return Ok(Err(TokenTrouble::Busy));
            }
            // Its holder died with the token in flight.
            tracing::warn!(
                account.id = account.id,
                "a refresh was cut off; its token counts as spent"
            );
            context
                .ledger
                .forget_refresh_token(&account.id, account.token_version, holder)
                .await?;
            continue;
        }
        if let Some(trouble) = spend(context, &account, now).await? {
            return Ok(Err(trouble));
        }
    }
    Ok(Err(TokenTrouble::Busy))
}

/// Spends the refresh token under the lease. `None`: look at the row again.
async fn spend(
    context: &Arc<Context>,
    account: &AccountRow,
    now: Timestamp,
) -> LedgerResult<Option<TokenTrouble>> {
    let (id, version) = (account.id.as_str(), account.token_version);
    let until = now + context.config.limits.lease;
    let seal = AccountRow::seal_context(id, "refresh");
    let Ok(refresh_token) = context.vault.open(&account.refresh_token, &seal) else {
        tracing::error!(
            account.id = id,
            "no key of SECRET_KEY opens this account's tokens"
        );
        context.ledger.disconnect_account(id, version).await?;
        return Ok(None);
    };
    let owner = context.claim_name();
    if !context
        .ledger
        .lease_refresh(id, version, &owner, until)
        .await?
    {
        return Ok(None);
    }
    context.config.fail_point.reached("refresh.leased");
    let answer = context.x.refresh(&refresh_token).await;
    context.config.fail_point.reached("refresh.called");
    let outcome = match &answer {
        Ok(_) => "refreshed",
        Err(RefreshFailure::TokenInvalid) => "invalid",
        Err(RefreshFailure::Unavailable) => "unavailable",
        Err(RefreshFailure::AnswerLost) => "answer_lost",
    };
    metrics::counter!("birdcall_refreshes_total", "outcome" => outcome).increment(1);
    tracing::info!(account.id = id, outcome, "tokens refreshed");
    match answer {
        Ok(pair) => {
            let margin = context.config.limits.refresh_margin;
            let sealed = tokens::seal_pair(
                &context.vault,
                id,
                &pair,
                tokens::Moment {
                    now: context.now(),
                    margin,
                    unit: context.random.unit(),
                },
            );
            persist!(
                context,
                "token pair",
                context.ledger.store_pair(id, version, &sealed)
            )?;
            context.config.fail_point.reached("refresh.stored");
            Ok(None)
        }
        Err(RefreshFailure::TokenInvalid) => {
            // By the version: if the row has a newer pair by now, that one is untouched.
            persist!(
                context,
                "refused token",
                context.ledger.disconnect_account(id, version)
            )?;
            Ok(None)
        }
        Err(RefreshFailure::Unavailable) => {
            let at = context.now() + context.backoff(account.failures() + 1);
            persist!(
                context,
                "unspent token",
                context.ledger.release_refresh(id, version, &owner, at)
            )?;
            Ok(Some(TokenTrouble::Unavailable))
        }
        Err(RefreshFailure::AnswerLost) => {
            persist!(
                context,
                "spent token",
                context.ledger.forget_refresh_token(id, version, &owner)
            )?;
            Ok(None)
        }
    }
}

async fn open(
    context: &Arc<Context>,
    account: AccountRow,
) -> LedgerResult<Result<Access, TokenTrouble>> {
    let seal = AccountRow::seal_context(&account.id, "access");
    let Ok(token) = context.vault.open(&account.access_token, &seal) else {
        tracing::error!(
            account.id = account.id,
            "no key of SECRET_KEY opens this account's tokens"
        );
        context
            .ledger
            .disconnect_account(&account.id, account.token_version)
            .await?;
        return Ok(Err(TokenTrouble::SignInNeeded));
    };
    let mut access = Access {
        token,
        version: account.token_version,
        account_id: account.id,
        user_id: account.x_user_id,
        handle: account.x_handle,
    };
    if access.user_id.is_empty()
        && let Ok(user) = context.x.me(&access.token).await
        && !user.id.is_empty()
    {
        // Who it is was not known at sign-in (X did not say); that is no reason not to post.
        context
            .ledger
            .identify_account(&access.account_id, &user.id, &user.username)
            .await?;
        access.user_id = user.id;
        access.handle = user.username;
    }
    Ok(Ok(access))
}

/// Revokes an account's tokens at X; `false`: X did not confirm. The refresh token's revocation
/// ends the grant; the access token is ended as well, in case it does not.
pub async fn revoke_tokens(context: &Context, account: &AccountRow) -> bool {
    let mut revoked = true;
    for (sealed, what) in [
        (&account.refresh_token, "refresh"),
        (&account.access_token, "access"),
    ] {
        if sealed.is_empty() {
            continue;
        }
        // A token that can't be opened can't be revoked by anybody.
        if let Ok(token) = context
            .vault
            .open(sealed, &AccountRow::seal_context(&account.id, what))
        {
            revoked &= context.x.revoke(&token).await.is_ok();
        }
    }
    revoked
}
