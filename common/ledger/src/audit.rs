//! Who did what.

use birdcall_domain::clock::Timestamp;
use serde::Serialize;

use super::{Ledger, LedgerResult, Tx, execute, fetch_all};

/// One deed.
#[derive(Clone, Debug, Serialize, sqlx::FromRow)]
pub struct AuditRow {
    /// Random.
    pub id: String,
    /// Unix milliseconds.
    pub at: i64,
    /// Who: the operating system's user, or `phone`.
    pub actor: String,
    /// What.
    pub action: String,
    /// To what: a sid, a queue, a masked number.
    pub subject: String,
    /// How.
    pub detail: String,
}

/// A deed to write down.
#[derive(Clone, Copy, Debug)]
pub struct Deed<'a> {
    /// Who.
    pub actor: &'a str,
    /// What.
    pub action: &'a str,
    /// To what; never a whole phone number.
    pub subject: &'a str,
    /// How.
    pub detail: &'a str,
}

pub(super) async fn record(
    tx: &mut Tx,
    id: &str,
    deed: Deed<'_>,
    now: Timestamp,
) -> LedgerResult<()> {
    execute!(
        tx,
        "INSERT INTO audit (id, at, actor, action, subject, detail) VALUES ($1, $2, $3, $4, $5, $6)",
        id,
        now.0,
        deed.actor,
        deed.action,
        deed.subject,
        deed.detail,
    )?;
    Ok(())
}

impl Ledger {
    /// Writes a deed down.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn audit(&self, id: &str, deed: Deed<'_>, now: Timestamp) -> LedgerResult<()> {
        let mut tx = self.write().await?;
        record(&mut tx, id, deed, now).await?;
        tx.commit().await
    }

    /// The latest deeds, newest first.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn deeds(&self, limit: i64) -> LedgerResult<Vec<AuditRow>> {
        let mut tx = self.read().await?;
        Ok(fetch_all!(
            &mut tx,
            AuditRow,
            "SELECT * FROM audit ORDER BY at DESC, id LIMIT $1",
            limit
        )?)
    }
}
