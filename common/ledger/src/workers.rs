//! The worker processes that are alive.

use std::time::Duration;

use birdcall_domain::clock::Timestamp;

use crate::{
    Ledger, LedgerResult,
    transaction::{execute, fetch_optional},
};

/// A worker that was not seen for this long is not counted.
const SEEN_WITHIN: Duration = Duration::from_secs(60);
/// A worker that was not seen for this long is forgotten.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(24 * 3600);

impl Ledger {
    /// Notes that a worker is alive, and forgets those that have long been silent.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn worker_seen(&self, name: &str, now: Timestamp) -> LedgerResult<()> {
        let mut tx = self.write("worker_seen").await?;
        execute!(
            tx,
            "INSERT INTO worker_processes (name, started_at, seen_at) VALUES ($1, $2, $2)
             ON CONFLICT (name) DO UPDATE SET seen_at = $2",
            name,
            now.0,
        )?;
        execute!(
            tx,
            "DELETE FROM worker_processes WHERE seen_at < $1",
            (now - FORGOTTEN_AFTER).0
        )?;
        tx.commit().await
    }

    /// Notes that a worker has stopped.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn worker_gone(&self, name: &str) -> LedgerResult<()> {
        let mut tx = self.write("worker_gone").await?;
        execute!(tx, "DELETE FROM worker_processes WHERE name = $1", name)?;
        tx.commit().await
    }

    /// The number of workers that were seen within the last minute.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn workers_alive(&self, now: Timestamp) -> LedgerResult<i64> {
        let mut tx = self.read("workers_alive").await?;
        let row = fetch_optional!(
            tx,
            (i64,),
            "SELECT COUNT(*) FROM worker_processes WHERE seen_at >= $1",
            (now - SEEN_WITHIN).0,
        )?;
        Ok(row.map_or(0, |(alive,)| alive))
    }
}
