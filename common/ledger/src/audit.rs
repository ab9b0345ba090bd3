//! The audit: the deeds of operators and phones.

use birdcall_domain::clock::Timestamp;
use serde::Serialize;

use crate::{
    Ledger, LedgerResult, Tx,
    transaction::{execute, fetch_all},
};

/// A deed in the audit.
#[derive(Clone, Debug, Serialize)]
pub struct AuditEntry {
    /// Random.
    pub id: String,
    /// When, in Unix milliseconds as JSON.
    pub at: Timestamp,
    /// The operator's user name, or `phone`.
    pub actor: String,
    /// What was done.
    pub action: String,
    /// To what: a sid, a queue, a masked number.
    pub subject: String,
    /// How.
    pub detail: String,
    /// Why, in the operator's own words; may be empty.
    pub reason: String,
}

/// A row of `audit`.
#[derive(sqlx::FromRow)]
pub(crate) struct AuditRecord {
    id: String,
    at: i64,
    actor: String,
    action: String,
    subject: String,
    detail: String,
    reason: String,
}

impl From<AuditRecord> for AuditEntry {
    fn from(row: AuditRecord) -> Self {
        Self {
            id: row.id,
            at: Timestamp(row.at),
            actor: row.actor,
            action: row.action,
            subject: row.subject,
            detail: row.detail,
            reason: row.reason,
        }
    }
}

/// A deed to write down.
#[derive(Clone, Copy, Debug)]
pub struct Deed<'a> {
    /// The operator's user name, or `phone`.
    pub actor: &'a str,
    /// What was done.
    pub action: &'a str,
    /// To what. It is never a whole phone number.
    pub subject: &'a str,
    /// How.
    pub detail: &'a str,
}

/// Who does something, and why.
#[derive(Clone, Copy, Debug)]
pub struct By<'a> {
    /// The operator's name.
    pub actor: &'a str,
    /// In the operator's own words; may be empty.
    pub reason: &'a str,
    /// Random: the id of the audit's entry.
    pub audit_id: &'a str,
}

pub(crate) async fn record_by(
    tx: &mut Tx,
    by: By<'_>,
    action: &str,
    subject: &str,
    detail: &str,
    now: Timestamp,
) -> LedgerResult<()> {
    execute!(
        tx,
        "INSERT INTO audit (id, at, actor, action, subject, detail, reason) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        by.audit_id,
        now.0,
        by.actor,
        action,
        subject,
        detail,
        by.reason,
    )?;
    Ok(())
}

pub(crate) async fn record(
    tx: &mut Tx,
    id: &str,
    deed: Deed<'_>,
    now: Timestamp,
) -> LedgerResult<()> {
    let by = By {
        actor: deed.actor,
        reason: "",
        audit_id: id,
    };
    record_by(tx, by, deed.action, deed.subject, deed.detail, now).await
}

/// What [`Ledger::deeds_on`] runs.
pub(crate) const DEEDS_ON: &str = "SELECT * FROM audit WHERE subject = $1 ORDER BY at, id LIMIT $2";
/// At most this many deeds with one subject are read.
const DEEDS_ON_MAX: i64 = 200;

impl Ledger {
    /// Writes a deed down.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn audit(&self, id: &str, deed: Deed<'_>, now: Timestamp) -> LedgerResult<()> {
        let mut tx = self.write("audit").await?;
        record(&mut tx, id, deed, now).await?;
        tx.commit().await
    }

    /// The latest deeds, newest first.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn deeds(&self, limit: i64) -> LedgerResult<Vec<AuditEntry>> {
        let mut tx = self.read("deeds").await?;
        let sql = "SELECT * FROM audit ORDER BY at DESC, id LIMIT $1";
        let rows = fetch_all!(tx, AuditRecord, sql, limit)?;
        Ok(rows.into_iter().map(AuditEntry::from).collect())
    }

    /// What was done with one text, queue or number, first to last.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn deeds_on(&self, subject: &str) -> LedgerResult<Vec<AuditEntry>> {
        let mut tx = self.read("deeds_on").await?;
        let rows = fetch_all!(tx, AuditRecord, DEEDS_ON, subject, DEEDS_ON_MAX)?;
        Ok(rows.into_iter().map(AuditEntry::from).collect())
    }
}
