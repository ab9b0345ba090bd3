//! Retention: removes what is older than the operator wants to keep.
//!
//! A walk reads the rows in the order of their age, some at a time, and removes those that may go in short
//! transactions, so that no webhook waits for long. A row that is open or in doubt stays, and so does what its
//! number still needs. Every condition is asked again in the transaction that removes the row.

mod old;

use birdcall_domain::clock::Timestamp;
use sqlx::AssertSqlSafe;

pub use old::Old;
pub(crate) use old::{look_sql, removal_sql, ripe_sql};

use crate::{
    Dialect, Ledger, LedgerResult, Tx, lanes,
    transaction::{execute, fetch_all, fetch_optional},
};

/// The number of rows that one look reads.
pub const LOOKED_AT_ONCE: usize = 1000;
/// The number of rows that one transaction removes, and so how long it holds the write lock.
pub const REMOVED_AT_ONCE: usize = 100;
/// Twilio's clock and ours may differ.
const CLOCKS_DIFFER: std::time::Duration = std::time::Duration::from_secs(3600);

/// How far a walk has come.
#[derive(Clone, Debug, Default)]
pub struct Walk {
    after: (i64, String),
}

/// What one look found.
#[derive(Clone, Debug, Default)]
pub struct Looked {
    /// Rows that may go.
    pub ripe: Vec<RipeRow>,
    /// Whether older rows were left for another look.
    pub more: bool,
}

/// A row that may go.
#[derive(Clone, Debug)]
pub struct RipeRow {
    id: String,
    /// The number that it is about; empty if it is about none.
    phone: String,
}

impl Ledger {
    /// Notes that texts from before `before` may be removed from now on. It has to be called first: a text
    /// that is gone would be taken for one that was missed as long as Twilio's list has it.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`]; nothing may be removed.
    pub async fn note_removal(&self, before: Timestamp) -> LedgerResult<()> {
        let mut tx = self.write("note_removal").await?;
        execute!(
            tx,
            "UPDATE removals SET removed_before = $1 WHERE removed_before < $1",
            before.0,
        )?;
        tx.commit().await
    }

    /// Reads the next rows that are older than `before`, oldest first.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn look_for_old(
        &self,
        old: Old,
        walk: &mut Walk,
        before: Timestamp,
        now: Timestamp,
    ) -> LedgerResult<Looked> {
        let mut tx = self.read("look_for_old").await?;
        let rows = fetch_all!(
            tx,
            (i64, String, String, bool),
            AssertSqlSafe(look_sql(old)),
            now.0,
            before.0,
            walk.after.0,
            &walk.after.1,
            LOOKED_AT_ONCE as i64,
        )?;
        let more = rows.len() == LOOKED_AT_ONCE;
        if let Some((at, id, ..)) = rows.last() {
            walk.after = (*at, id.clone());
        }
        let ripe = rows.into_iter().filter(|(.., ripe)| *ripe);
        let ripe = ripe
            .map(|(_, id, phone, _)| RipeRow { id, phone })
            .collect();
        Ok(Looked { ripe, more })
    }

    /// Removes those of `rows` that may still go, in one transaction, and returns how many went. Hand it
    /// [`REMOVED_AT_ONCE`] rows at most.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`]; none was removed.
    pub async fn remove_old(
        &self,
        old: Old,
        rows: &[RipeRow],
        now: Timestamp,
    ) -> LedgerResult<u64> {
        let mut tx = self.write("remove_old").await?;
        let phones = rows.iter().map(|row| row.phone.clone());
        lanes::lock_existing(&mut tx, phones.collect()).await?;
        let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
        let sql = AssertSqlSafe(ripe_sql(tx.dialect(), old));
        let still = fetch_all!(tx, (String,), sql, list(&ids), now.0)?;
        let still: Vec<&str> = still.iter().map(|(id,)| id.as_str()).collect();
        let mut removed = 0;
        for sql in removal_sql(tx.dialect(), old) {
            removed = execute!(tx, AssertSqlSafe(sql), list(&still))?;
        }
        tx.commit().await?;
        Ok(removed)
    }
}

fn list(ids: &[&str]) -> String {
    serde_json::Value::from(ids.to_vec()).to_string()
}

/// Whether a text of this moment may have been removed. Until the transaction ends, nothing more is.
pub(crate) async fn may_be_removed(tx: &mut Tx, texted_at: Timestamp) -> LedgerResult<bool> {
    let sql = match tx.dialect() {
        Dialect::Sqlite => "SELECT removed_before FROM removals",
        // The note waits for this transaction, and what it allows comes after it.
        Dialect::Postgres => "SELECT removed_before FROM removals FOR SHARE",
    };
    let before = fetch_optional!(tx, (i64,), sql)?.map_or(0, |(before,)| before);
    Ok(before > 0 && texted_at < Timestamp(before) + CLOCKS_DIFFER)
}
