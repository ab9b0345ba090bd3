//! The lock of all that take texts in.

use crate::{LedgerResult, Tx, time_limit::within, transaction::Open};

/// The advisory lock that takers-in hold on PostgreSQL. Without it, two batches that hold the same
/// texts or phones in different orders would wait for each other, and a text could become visible
/// before one that arrived earlier. SQLite's write lock does the same.
pub const INBOX_LOCK: i64 = 0x6269_7264;

/// See [`INBOX_LOCK`].
pub(crate) async fn lock_inbox(tx: &mut Tx) -> LedgerResult<()> {
    if let Open::Postgres(tx, timeout) = &mut tx.open {
        let lock = sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(INBOX_LOCK);
        within(*timeout, lock.execute(&mut **tx)).await?;
    }
    Ok(())
}
