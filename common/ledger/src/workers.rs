//! The worker processes that are alive.

use std::time::Duration;

use birdcall_domain::{
    clock::Timestamp,
    overview::{VendorSeen, WorkerSeen},
};

use sqlx::{Connection as _, Executor as _};

use crate::{
    Dialect, Ledger, LedgerResult,
    overview::sql,
    stored::{count, moment},
    transaction::{execute, fetch_all, fetch_optional},
};

/// A worker that was not seen for this long is not counted.
const SEEN_WITHIN: Duration = Duration::from_secs(60);
/// A worker that was not seen for this long is forgotten.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(24 * 3600);

/// What a worker says of itself from time to time.
#[derive(Clone, Debug, Default)]
pub struct Heartbeat<'a> {
    /// The unique name of the process.
    pub name: &'a str,
    /// The version of Birdcall.
    pub version: &'a str,
    /// How many jobs it takes at the same time, of all queues.
    pub slots: u32,
    /// What it last saw of X.
    pub x: VendorSeen,
    /// What it last saw of Twilio.
    pub twilio: VendorSeen,
}

/// A row of `worker_processes`.
#[derive(sqlx::FromRow)]
struct WorkerRecord {
    name: String,
    started_at: i64,
    seen_at: i64,
    version: String,
    slots: i64,
    x_ok_at: Option<i64>,
    x_failed_at: Option<i64>,
    x_failure: Option<String>,
    twilio_ok_at: Option<i64>,
    twilio_failed_at: Option<i64>,
    twilio_failure: Option<String>,
}

impl WorkerRecord {
    fn read(self, held: &[(String, String)], now: Timestamp) -> WorkerSeen {
        // A claim is named after its worker: `Context::claim_name`.
        let is_its = |owner: &str| owner.split('/').next() == Some(&self.name);
        let holds = held.iter().filter(|(owner, _)| is_its(owner));
        WorkerSeen {
            holds: holds.map(|(_, id)| id.clone()).collect(),
            is_alive: Timestamp(self.seen_at) >= now - SEEN_WITHIN,
            started_at: Timestamp(self.started_at),
            seen_at: Timestamp(self.seen_at),
            version: self.version,
            slots: count(self.slots),
            x: VendorSeen {
                ok_at: moment(self.x_ok_at),
                failed_at: moment(self.x_failed_at),
                failure: self.x_failure,
            },
            twilio: VendorSeen {
                ok_at: moment(self.twilio_ok_at),
                failed_at: moment(self.twilio_failed_at),
                failure: self.twilio_failure,
            },
            name: self.name,
        }
    }
}

impl Ledger {
    /// Every worker that was seen within a day, the latest first, with what it holds.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn workers_seen(&self, now: Timestamp) -> LedgerResult<Vec<WorkerSeen>> {
        let mut tx = self.read("workers_seen").await?;
        let rows = fetch_all!(tx, WorkerRecord, sql::WORKERS)?;
        let mut held = fetch_all!(tx, (String, String), sql::HELD_TEXTS)?;
        held.extend(fetch_all!(tx, (String, String), sql::HELD_REPLIES)?);
        Ok(rows.into_iter().map(|row| row.read(&held, now)).collect())
    }

    /// Notes that a worker is alive, and forgets those that have long been silent.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn worker_seen(&self, beat: &Heartbeat<'_>, now: Timestamp) -> LedgerResult<()> {
        let mut tx = self.write("worker_seen").await?;
        let at = |moment: Option<Timestamp>| moment.map(|at| at.0);
        execute!(
            tx,
            "INSERT INTO worker_processes (name, started_at, seen_at, version, x_ok_at, x_failed_at, x_failure,
                 twilio_ok_at, twilio_failed_at, twilio_failure, slots)
             VALUES ($1, $2, $2, $3, $4, $5, $6, $7, $8, $9, $10)
             ON CONFLICT (name) DO UPDATE SET seen_at = $2, version = $3, x_ok_at = $4, x_failed_at = $5,
                 x_failure = $6, twilio_ok_at = $7, twilio_failed_at = $8, twilio_failure = $9,
                 slots = $10",
            beat.name,
            now.0,
            beat.version,
            at(beat.x.ok_at),
            at(beat.x.failed_at),
            beat.x.failure.as_deref(),
            at(beat.twilio.ok_at),
            at(beat.twilio.failed_at),
            beat.twilio.failure.as_deref(),
            i64::from(beat.slots),
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
