//! Tokens: the lease under which they are refreshed, and what becomes of the pair.

use birdcall_domain::{account::RefreshSettlement, clock::Timestamp};

use super::Account;
use crate::{
    Ledger, LedgerResult, Tx,
    lease::{Claimant, Lease},
    queue::{self, Job},
    transaction::execute,
};

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

/// The right to present an account's refresh token, once.
pub type RefreshLease = Lease<Account>;

/// The context that a sealed token of an account is bound to; `token` is `access` or `refresh`.
#[must_use]
pub fn seal_context(account_id: &str, token: &str) -> String {
    format!("{token}:{account_id}")
}

impl Ledger {
    /// Takes the right to present the refresh token of this version, once. The lease is on disk
    /// before X is called; a lease that has ended means that its holder died, and then the token
    /// counts as presented. `None`: the row has changed, or another process has the right.
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
    /// unchanged: a newer pair stays as it is.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`]; a new pair has to be kept and written again.
    pub async fn settle_refresh(
        &self,
        lease: &RefreshLease,
        settlement: &RefreshSettlement<SealedPair>,
    ) -> LedgerResult<()> {
        let mut tx = self.write("settle_refresh").await?;
        let (id, version) = (lease.id.as_str(), lease.token_version);
        match settlement {
            RefreshSettlement::Store(pair) => store_pair(&mut tx, id, version, pair).await?,
            RefreshSettlement::Disconnect => disconnect(&mut tx, id, version).await?,
            RefreshSettlement::TryAgain { due_at } => {
                try_again(&mut tx, id, version, lease.owner(), *due_at).await?;
            }
            RefreshSettlement::CountAsSpent => {
                count_as_spent(&mut tx, id, version, lease.owner()).await?;
            }
        }
        tx.commit().await
    }

    /// Counts a refresh token as presented, because the process that presented it died.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn abandon_refresh(&self, account: &Account) -> LedgerResult<()> {
        let Some(owner) = &account.refresh_lease_owner else {
            return Ok(());
        };
        let mut tx = self.write("abandon_refresh").await?;
        count_as_spent(&mut tx, &account.id, account.token_version, owner).await?;
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

    /// Notes that X no longer accepts this account's tokens: the owner has to sign in again. A newer
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

async fn store_pair(tx: &mut Tx, id: &str, version: i64, pair: &SealedPair) -> LedgerResult<()> {
    let stored = execute!(
        tx,
        "UPDATE accounts SET access_token = $3, access_expires_at = $4, refresh_token = $5,
             refresh_expires_at = $6, refresh_due_at = $7, scopes = COALESCE($8, scopes),
             token_version = token_version + 1, refresh_lease_owner = NULL, refresh_lease_until = NULL,
             refresh_failures = 0, woken_at = 0
         WHERE id = $1 AND token_version = $2 AND state = 'active'",
        id,
        version,
        &pair.access_token,
        pair.access_expires_at.0,
        &pair.refresh_token,
        pair.refresh_expires_at.0,
        pair.refresh_due_at.map(|at| at.0),
        pair.scopes.as_deref(),
    )?;
    if stored > 0
        && let Some(at) = pair.refresh_due_at
    {
        queue::push_later(tx, &Job::refresh(id), at).await?;
    }
    Ok(())
}

/// Only the claim that holds the lease gives it back: this may be written twice, and the second time
/// must not take another's.
async fn try_again(
    tx: &mut Tx,
    id: &str,
    version: i64,
    owner: &str,
    due_at: Timestamp,
) -> LedgerResult<()> {
    let released = execute!(
        tx,
        "UPDATE accounts SET refresh_lease_owner = NULL, refresh_lease_until = NULL,
             refresh_due_at = $3, refresh_failures = refresh_failures + 1, woken_at = 0
         WHERE id = $1 AND token_version = $2 AND refresh_lease_owner = $4",
        id,
        version,
        due_at.0,
        owner,
    )?;
    if released > 0 {
        queue::push_later(tx, &Job::refresh(id), due_at).await?;
    }
    Ok(())
}

async fn count_as_spent(tx: &mut Tx, id: &str, version: i64, owner: &str) -> LedgerResult<()> {
    execute!(
        tx,
        "UPDATE accounts SET refresh_token = '', refresh_due_at = NULL, refresh_lease_owner = NULL,
             refresh_lease_until = NULL
         WHERE id = $1 AND token_version = $2 AND refresh_lease_owner = $3",
        id,
        version,
        owner,
    )?;
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
