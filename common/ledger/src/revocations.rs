//! Pairs of tokens that X still has to revoke: they were replaced, or their sign-in came to nothing.
//! The row is written in the transaction that takes the pair out of use, so no pair is forgotten. X
//! may be asked about one pair twice; that changes nothing.

use std::time::Duration;

use birdcall_domain::{
    account::{RevocationProgress, RevocationSettlement},
    clock::Timestamp,
};

use crate::{
    Ledger, LedgerResult, Tx,
    accounts::SealedPair,
    queue::{self, Job},
    stored::count,
    transaction::{execute, fetch_optional},
};

/// A pair that X has to revoke.
#[derive(Clone)]
pub struct PendingRevocation {
    /// Names the pair.
    pub id: String,
    /// The account that the tokens are sealed for.
    pub account_id: String,
    /// Sealed.
    pub access_token: String,
    /// Sealed; empty when X gave none.
    pub refresh_token: String,
    /// How far it has come.
    pub progress: RevocationProgress,
}

/// A row of `revocations`.
#[derive(sqlx::FromRow)]
struct RevocationRecord {
    id: String,
    account_id: String,
    access_token: String,
    refresh_token: String,
    created_at: i64,
    failures: i64,
}

impl From<RevocationRecord> for PendingRevocation {
    fn from(row: RevocationRecord) -> Self {
        Self {
            id: row.id,
            account_id: row.account_id,
            access_token: row.access_token,
            refresh_token: row.refresh_token,
            progress: RevocationProgress {
                created_at: Timestamp(row.created_at),
                failures: count(row.failures),
            },
        }
    }
}

/// A pair that nobody uses any more. The tokens are sealed for `account_id`.
pub(crate) struct Discarded<'a> {
    pub(crate) account_id: &'a str,
    pub(crate) version: i64,
    pub(crate) access_token: &'a str,
    pub(crate) refresh_token: &'a str,
}

/// Notes that X has to revoke a pair.
pub(crate) async fn add(tx: &mut Tx, pair: Discarded<'_>, now: Timestamp) -> LedgerResult<()> {
    let id = format!("{}:{}", pair.account_id, pair.version);
    let added = execute!(
        tx,
        "INSERT INTO revocations (id, account_id, access_token, refresh_token, created_at, next_attempt_at,
             woken_at, failures) VALUES ($1, $2, $3, $4, $5, $5, $5, 0) ON CONFLICT (id) DO NOTHING",
        &id,
        pair.account_id,
        pair.access_token,
        pair.refresh_token,
        now.0,
    )?;
    if added > 0 {
        queue::push(tx, &Job::revoke(&id), now, now).await?;
    }
    Ok(())
}

impl Ledger {
    /// Notes that X has to revoke the pair of a sign-in that came to nothing. The tokens are sealed
    /// for `account_id`, which no account has.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`]; nothing was written.
    pub async fn discard_pair(
        &self,
        account_id: &str,
        pair: &SealedPair,
        now: Timestamp,
    ) -> LedgerResult<()> {
        let mut tx = self.write("discard_pair").await?;
        let discarded = Discarded {
            account_id,
            version: 0,
            access_token: &pair.access_token,
            refresh_token: &pair.refresh_token,
        };
        add(&mut tx, discarded, now).await?;
        tx.commit().await
    }

    /// Takes a pair in hand that is due; `None`: it is not due, or X has revoked it. When the worker
    /// dies, it is due again after `lease`.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn take_revocation(
        &self,
        id: &str,
        lease: Duration,
        now: Timestamp,
    ) -> LedgerResult<Option<PendingRevocation>> {
        let mut tx = self.write("take_revocation").await?;
        let row = fetch_optional!(
            tx,
            RevocationRecord,
            "UPDATE revocations SET next_attempt_at = $3, woken_at = 0 WHERE id = $1 AND next_attempt_at <= $2
             RETURNING id, account_id, access_token, refresh_token, created_at, failures",
            id,
            now.0,
            (now + lease).0,
        )?;
        tx.commit().await?;
        Ok(row.map(PendingRevocation::from))
    }

    /// Writes what became of a pair that X was to revoke.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`]; X is asked again.
    pub async fn settle_revocation(
        &self,
        id: &str,
        settlement: RevocationSettlement,
    ) -> LedgerResult<()> {
        let mut tx = self.write("settle_revocation").await?;
        match settlement {
            RevocationSettlement::Done | RevocationSettlement::GiveUp => {
                execute!(tx, "DELETE FROM revocations WHERE id = $1", id)?;
            }
            RevocationSettlement::TryAgain { due_at } => {
                let kept = execute!(
                    tx,
                    "UPDATE revocations SET next_attempt_at = $2, failures = failures + 1 WHERE id = $1",
                    id,
                    due_at.0,
                )?;
                if kept > 0 {
                    queue::push_later(&mut tx, &Job::revoke(id), due_at).await?;
                }
            }
        }
        tx.commit().await
    }
}
