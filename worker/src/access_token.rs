//! Access tokens: taken from the ledger when they are fresh, refreshed when they are not, by one
//! process at a time. The rule is [`next_step`].
//!
//! The lease is on disk before X is called, and the new pair is on disk before it is used. If nobody
//! knows what came of a refresh (the process died, the answer was lost), the row keeps the token and
//! that doubt: X may revoke the whole family when a spent token comes back, so the access token is
//! used to its end first, and then the old refresh token is presented once more.

use std::sync::Arc;

use birdcall_common::tokens;
use birdcall_domain::{
    account::{Need, RefreshSettlement, TokenStep, TokenTrouble, next_step, settle_refresh},
    clock::Timestamp,
};
use birdcall_ledger::{
    LedgerResult,
    accounts::{Account, seal_context},
};
use secrecy::SecretString;

use crate::{context::Context, persist::persist};

/// An access token in the clear, and the account that it belongs to.
pub(crate) struct Access {
    pub(crate) token: SecretString,
    pub(crate) version: i64,
    pub(crate) account_id: String,
    /// X's id of the account; empty until X has said it.
    pub(crate) user_id: String,
    pub(crate) linked_at: Timestamp,
    pub(crate) handle: String,
}

/// Every turn either ends or finds the row changed; more turns than this are a storm.
const TURNS_MAX: usize = 5;

/// An access token for `account_id`, or the reason why there is none. X is asked for a new pair at most
/// once.
pub(crate) async fn access(
    context: &Arc<Context>,
    account_id: &str,
    need: Need,
) -> LedgerResult<Result<Access, TokenTrouble>> {
    let pause = context.config.limits.refused_token_pause;
    let mut asked = None;
    for _ in 0..TURNS_MAX {
        let now = context.now();
        let Some(account) = context.ledger.account(account_id).await? else {
            // The number has signed in again or was unlinked a moment ago: look again.
            return Ok(Err(TokenTrouble::Busy));
        };
        let step = next_step(&account.tokens(), need, asked.is_some(), pause, now);
        match step {
            TokenStep::Use => return open_and_identify(context, account).await,
            TokenStep::Stop(TokenTrouble::Unavailable) => {
                return Ok(Err(asked.unwrap_or(TokenTrouble::Unavailable)));
            }
            TokenStep::Stop(trouble) => return Ok(Err(trouble)),
            TokenStep::Disconnect => disconnect(context, &account).await?,
            TokenStep::Doubt => doubt(context, &account, now).await?,
            TokenStep::Refresh => asked = present_refresh_token(context, account, now).await?,
        }
    }
    Ok(Err(TokenTrouble::Busy))
}

/// Presents the refresh token to X under a lease, and returns the trouble if the row shows no token
/// that can be used after that. `None`: X was not asked. In any case, look at the row again.
async fn present_refresh_token(
    context: &Arc<Context>,
    account: Account,
    now: Timestamp,
) -> LedgerResult<Option<TokenTrouble>> {
    let seal = seal_context(&account.id, "refresh");
    let Ok(refresh_token) = context.vault.open(&account.refresh_token, &seal) else {
        warn_unopened(&account);
        disconnect(context, &account).await?;
        return Ok(None);
    };
    let owner = context.claim_name();
    let by = context.claimant(&owner, now);
    let Some(lease) = context.ledger.claim_refresh(account, by).await? else {
        return Ok(None);
    };
    context.config.fail_point.reached("refresh.leased");
    let answer = context.x.refresh(&refresh_token).await;
    context.config.fail_point.reached("refresh.called");
    let outcome = match &answer {
        Ok(_) => "refreshed",
        Err(failure) => failure.class(),
    };
    metrics::counter!("birdcall_refreshes_total", "outcome" => outcome).increment(1);
    let trouble = match &answer {
        Ok(_) => TokenTrouble::Unavailable,
        Err(failure) => failure.trouble(),
    };
    let second_chance = lease.refresh_doubted_at.is_some();
    tracing::info!(
        account.id = lease.id,
        outcome,
        second_chance,
        "the refresh was answered"
    );
    let now = context.now();
    let limits = &context.config.limits;
    let sealed = answer.map(|mut pair| {
        // X may keep the refresh token as it is (RFC 6749, section 6).
        pair.refresh_token.get_or_insert(refresh_token);
        let moment = tokens::Moment {
            now,
            margin: limits.refresh_margin,
            unit: context.random.unit(),
        };
        tokens::seal_pair(&context.vault, &lease.id, &pair, moment)
    });
    let (presented, unit) = (lease.presented(), context.random.unit());
    let settlement = settle_refresh(sealed, presented, now, unit, limits.backoff);
    persist!(
        context,
        "token pair",
        context
            .ledger
            .settle_refresh(&lease, &settlement, limits.retry_horizon, now)
    )?;
    if matches!(settlement, RefreshSettlement::Store(_)) {
        context.config.fail_point.reached("refresh.stored");
    }
    Ok(Some(trouble))
}

/// The process that presented the refresh token died. X may have exchanged it.
async fn doubt(context: &Context, account: &Account, now: Timestamp) -> LedgerResult<()> {
    tracing::warn!(
        account.id = account.id,
        "a refresh was cut off, so its token is in doubt"
    );
    let (unit, backoff) = (context.random.unit(), context.config.limits.backoff);
    let settlement = account.presented().in_doubt::<()>(now, unit, backoff);
    match settlement {
        RefreshSettlement::Doubt { due_at } => {
            context.ledger.doubt_refresh(account, due_at, now).await
        }
        _ => Ok(()),
    }
}

/// Opens the stored token. If X has not said yet which account it belongs to, X is asked once more.
async fn open_and_identify(
    context: &Arc<Context>,
    account: Account,
) -> LedgerResult<Result<Access, TokenTrouble>> {
    let seal = seal_context(&account.id, "access");
    let Ok(token) = context.vault.open(&account.access_token, &seal) else {
        warn_unopened(&account);
        disconnect(context, &account).await?;
        return Ok(Err(TokenTrouble::SignInNeeded));
    };
    let mut access = Access {
        token,
        version: account.token_version,
        account_id: account.id,
        user_id: account.x_user_id,
        linked_at: account.linked_at,
        handle: account.x_handle,
    };
    if access.user_id.is_empty()
        && let Ok(user) = context.x.me(&access.token).await
        && !user.id.is_empty()
    {
        // X did not tell at sign-in which account it is. That was no reason not to post.
        context
            .ledger
            .identify_account(&access.account_id, &user.id, &user.username)
            .await?;
        access.user_id = user.id;
        access.handle = user.username;
    }
    Ok(Ok(access))
}

async fn disconnect(context: &Context, account: &Account) -> LedgerResult<()> {
    let (id, version) = (&account.id, account.token_version);
    context.ledger.disconnect_account(id, version).await
}

fn warn_unopened(account: &Account) {
    tracing::error!(
        account.id = account.id,
        "no key of SECRET_KEY opens this account's tokens"
    );
}
