//! The worker processes that are alive.

use std::time::Duration;

use birdcall_domain::clock::Timestamp;

use sqlx::{Connection as _, Executor as _};

use crate::{
    Dialect, Ledger, LedgerResult,
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

    /// Removes the rows that apalis wrote of queues' workers that were last seen before `before` and
    /// whose jobs are all removed, and returns how many. Every start of a worker writes some, under
    /// new names, and apalis never removes one.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn prune_queue_workers(&self, before: Timestamp) -> LedgerResult<u64> {
        let mut tx = self.read("stale_queue_workers").await?;
        let sql = match tx.dialect() {
            Dialect::Sqlite => "SELECT id FROM Workers WHERE last_seen < $1 LIMIT 1",
            Dialect::Postgres => {
                "SELECT id FROM apalis.workers WHERE last_seen < to_timestamp($1) LIMIT 1"
            }
        };
        let stale = fetch_optional!(tx, (String,), sql, before.as_secs_floor())?;
        drop(tx);
        if stale.is_none() {
            return Ok(0);
        }
        match self {
            // A job refers to its worker, and no index leads from a worker to its jobs, because
            // apalis's statements would take it (docs/design/queue.md). So SQLite would read all jobs
            // for each row that is removed, to see that nothing refers to it. The statement reads
            // them once and makes sure itself, on a connection of its own.
            Self::Sqlite { writer, .. } => {
                let mut connection = writer.acquire().await?.detach();
                connection.execute("PRAGMA foreign_keys = OFF").await?;
                let removed = sqlx::query(
                    "DELETE FROM Workers WHERE last_seen < $1
                         AND id NOT IN (SELECT lock_by FROM Jobs WHERE lock_by IS NOT NULL)",
                );
                let removed = removed
                    .bind(before.as_secs_floor())
                    .execute(&mut connection)
                    .await;
                // How closing ends does not matter: the statement is committed or failed.
                let _ = connection.close().await;
                Ok(removed?.rows_affected())
            }
            Self::Postgres { .. } => {
                let mut tx = self.write("prune_queue_workers").await?;
                let removed = execute!(
                    tx,
                    "DELETE FROM apalis.workers WHERE last_seen < to_timestamp($1)
                         AND NOT EXISTS (SELECT 1 FROM apalis.jobs WHERE lock_by = workers.id)",
                    before.as_secs_floor(),
                )?;
                tx.commit().await?;
                Ok(removed)
            }
        }
    }
}
