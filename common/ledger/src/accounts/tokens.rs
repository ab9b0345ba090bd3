//! Tokens: the lease under which they are refreshed, and what becomes of the pair.

use std::time::Duration;

use birdcall_domain::{account::RefreshSettlement, clock::Timestamp};

use super::{Account, pair::SealedPair, waiting::wake_waiting};
use crate::{
    Ledger, LedgerResult, Tx, lanes,
    lease::{Claimant, Lease},
    queue::{self, Job},
    revocations::{self, Discarded},
    transaction::{execute, fetch_optional},
};

/// The right to present an account's refresh token, once.
pub type RefreshLease = Lease<Account>;

impl Ledger {
    /// Takes the right to present the refresh token of this version, once. The lease is on disk
    /// before X is called; a lease that has ended means that its holder died, and then the token is
    /// in doubt. `None`: the row has changed, or another process has the right.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn claim_refresh(
        &self,
        account: Account,
        by: Claimant<'_>,
    ) -> LedgerResult<Option<RefreshLease>> {
        let mut tx = self.write("claim_refresh").await?;
        let leased = execute!(
            tx,
            "UPDATE accounts SET refresh_lease_owner = $3, refresh_lease_until = $4
             WHERE id = $1 AND token_version = $2 AND refresh_lease_owner IS NULL
                 AND state = 'active' AND refresh_token <> ''",
            &account.id,
            account.token_version,
            by.owner,
            (by.now + by.lease).0,
        )?;
        tx.commit().await?;
        Ok((leased > 0).then(|| Lease::new(account, by)))
    }

    /// Writes what became of a refresh. It is written only if the version of the pair is
    /// unchanged: a newer pair stays as it is. A new pair also wakes the texts that waited for it; they
    /// are tried for `retry_horizon` from now on.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`]; a new pair has to be kept and written again.
    pub async fn settle_refresh(
        &self,
        lease: &RefreshLease,
        settlement: &RefreshSettlement<SealedPair>,
        retry_horizon: Duration,
        now: Timestamp,
    ) -> LedgerResult<()> {
        let mut tx = self.write("settle_refresh").await?;
        let (id, version) = (lease.id.as_str(), lease.token_version);
        match settlement {
            RefreshSettlement::Store(pair) => {
                store_pair(&mut tx, lease, pair, retry_horizon, now).await?;
            }
            RefreshSettlement::Disconnect => disconnect(&mut tx, id, version).await?,
            RefreshSettlement::TryAgain { due_at } => {
                release(&mut tx, lease, lease.owner(), None, *due_at).await?;
            }
            RefreshSettlement::Doubt { due_at } => {
                release(&mut tx, lease, lease.owner(), Some(now), *due_at).await?;
            }
        }
        tx.commit().await
    }

    /// Notes that the refresh token is in doubt, because the process that presented it died. It is due
    /// again at `due_at`.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn doubt_refresh(
        &self,
        account: &Account,
        due_at: Timestamp,
        now: Timestamp,
    ) -> LedgerResult<()> {
        let Some(owner) = &account.refresh_lease_owner else {
            return Ok(());
        };
        let mut tx = self.write("doubt_refresh").await?;
        release(&mut tx, account, owner, Some(now), due_at).await?;
        tx.commit().await
    }

    /// Stops refreshing ahead: the account is refreshed when it is used again.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn let_idle(&self, account: &Account) -> LedgerResult<()> {
        let mut tx = self.write("let_idle").await?;
        let sql = "UPDATE accounts SET refresh_due_at = NULL WHERE id = $1 AND token_version = $2";
        execute!(tx, sql, &account.id, account.token_version)?;
        tx.commit().await
    }

    /// Notes that this account's tokens cannot be used any more: the owner has to sign in again. A newer
    /// pair is not changed.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn disconnect_account(&self, id: &str, version: i64) -> LedgerResult<()> {
        let mut tx = self.write("disconnect_account").await?;
        disconnect(&mut tx, id, version).await?;
        tx.commit().await
    }
}

/// However late the pair comes, it is the good one, also for an account that was disconnected
/// meanwhile. If the number was unlinked or has signed in again, nobody will use it: X revokes it.
async fn store_pair(
    tx: &mut Tx,
    lease: &RefreshLease,
    pair: &SealedPair,
    retry_horizon: Duration,
    now: Timestamp,
) -> LedgerResult<()> {
    let (id, version) = (lease.id.as_str(), lease.token_version);
    if exists(tx, id).await? {
        lanes::lock(tx, &lease.phone, now).await?;
    }
    let stored = execute!(
        tx,
        "UPDATE accounts SET state = 'active', access_token = $3, access_expires_at = $4, refresh_token = $5,
             refresh_expires_at = $6, refresh_due_at = $7, scopes = COALESCE($8, scopes),
             token_version = token_version + 1, refresh_lease_owner = NULL, refresh_lease_until = NULL,
             refresh_doubted_at = NULL, refresh_failures = 0, woken_at = 0
         WHERE id = $1 AND token_version = $2",
        id,
        version,
        &pair.access_token,
        pair.access_expires_at.0,
        &pair.refresh_token,
        pair.refresh_expires_at.0,
        pair.refresh_due_at.map(|at| at.0),
        pair.scopes.as_deref(),
    )?;
    if stored > 0 {
        if let Some(at) = pair.refresh_due_at {
            queue::push_later(tx, &Job::refresh(id), at).await?;
        }
        return wake_waiting(tx, &lease.phone, retry_horizon, now).await;
    }
    if !exists(tx, id).await? {
        let discarded = Discarded {
            account_id: id,
            version: version + 1,
            access_token: &pair.access_token,
            refresh_token: &pair.refresh_token,
        };
        revocations::add(tx, discarded, now).await?;
    }
    Ok(())
}

async fn exists(tx: &mut Tx, id: &str) -> LedgerResult<bool> {
    let sql = "SELECT token_version FROM accounts WHERE id = $1";
    let row = fetch_optional!(tx, (i64,), sql, id)?;
    Ok(row.is_some())
}

/// Gives the lease back without a new pair. Only the claim that holds it does: this may be written
/// twice, and the second time must not take another's.
async fn release(
    tx: &mut Tx,
    account: &Account,
    owner: &str,
    doubted_at: Option<Timestamp>,
    due_at: Timestamp,
) -> LedgerResult<()> {
    let id = account.id.as_str();
    let released = execute!(
        tx,
        "UPDATE accounts SET refresh_lease_owner = NULL, refresh_lease_until = NULL,
             refresh_doubted_at = COALESCE(refresh_doubted_at, $5), refresh_due_at = $3,
             refresh_failures = refresh_failures + 1, woken_at = 0
         WHERE id = $1 AND token_version = $2 AND refresh_lease_owner = $4",
        id,
        account.token_version,
        due_at.0,
        owner,
        doubted_at.map(|at| at.0),
    )?;
    if released > 0 {
        queue::push_later(tx, &Job::refresh(id), due_at).await?;
    }
    Ok(())
}

pub(crate) async fn disconnect(tx: &mut Tx, id: &str, version: i64) -> LedgerResult<()> {
    execute!(
        tx,
        "UPDATE accounts SET state = 'needs_sign_in', refresh_due_at = NULL, refresh_lease_owner = NULL,
             refresh_lease_until = NULL
         WHERE id = $1 AND token_version = $2",
        id,
        version,
    )?;
    Ok(())
}
