//! Counts jobs.

use birdcall_domain::clock::Timestamp;
use serde::Serialize;

use super::Queue;
use crate::{Dialect, Ledger, LedgerResult, transaction::fetch_all};

/// How many jobs of a queue are not done.
#[derive(Clone, Debug, Serialize)]
pub struct QueueLevel {
    /// The queue.
    pub queue: Queue,
    /// Jobs that may start now.
    pub ready: i64,
    /// Jobs that start later.
    pub delayed: i64,
    /// Jobs that a worker holds.
    pub held: i64,
    /// Since when the oldest of the jobs that may start now could have started.
    pub oldest: Option<Timestamp>,
}

/// How full a queue is.
#[derive(Clone, Debug, Serialize)]
pub struct QueueStats {
    /// The queue.
    pub queue: Queue,
    /// Jobs that may start now.
    pub ready: i64,
    /// Jobs that start later.
    pub delayed: i64,
    /// Jobs that a worker holds.
    pub held: i64,
    /// Finished jobs that are not removed yet.
    pub done: i64,
}

/// A row of the counts.
#[derive(sqlx::FromRow)]
struct LevelRecord {
    queue: String,
    ready: i64,
    delayed: i64,
    held: i64,
    oldest: Option<i64>,
}

/// The indexes are named: SQLite would rather walk an index of all jobs in the order of the queues.
const SQLITE_LEVELS: &str = "SELECT job_type AS queue, SUM(run_at <= $1) AS ready,
         SUM(run_at > $1) AS delayed, 0 AS held, MIN(CASE WHEN run_at <= $1 THEN run_at END) AS oldest
     FROM Jobs INDEXED BY idx_jobs_pending
     WHERE status = 'Pending' AND lock_by IS NULL GROUP BY job_type
     UNION ALL
     SELECT job_type, 0, 0, COUNT(*), NULL FROM Jobs INDEXED BY birdcall_jobs_held
     WHERE status IN ('Running', 'Queued') GROUP BY job_type";
/// The condition of the first part is word for word the one of apalis's index, so the index alone is
/// read. The last part takes failed jobs away again; Birdcall's jobs never fail.
const POSTGRES_LEVELS: &str = "SELECT job_type AS queue,
         COUNT(*) FILTER (WHERE run_at <= to_timestamp($1)) AS ready,
         COUNT(*) FILTER (WHERE run_at > to_timestamp($1)) AS delayed, 0::BIGINT AS held,
         FLOOR(EXTRACT(EPOCH FROM MIN(run_at) FILTER (WHERE run_at <= to_timestamp($1))))::BIGINT AS oldest
     FROM apalis.jobs
     WHERE status = 'Pending' OR (status = 'Failed' AND attempts < max_attempts) GROUP BY job_type
     UNION ALL
     SELECT job_type, 0::BIGINT, 0::BIGINT, COUNT(*), NULL::BIGINT FROM apalis.jobs
     WHERE status IN ('Running', 'Queued', 'Failed', 'Killed') AND status IN ('Running', 'Queued')
     GROUP BY job_type
     UNION ALL
     SELECT job_type, -COUNT(*) FILTER (WHERE run_at <= to_timestamp($1)),
         -COUNT(*) FILTER (WHERE run_at > to_timestamp($1)), 0::BIGINT, NULL::BIGINT
     FROM apalis.jobs
     WHERE status IN ('Running', 'Queued', 'Failed', 'Killed') AND status = 'Failed' AND attempts < max_attempts
     GROUP BY job_type";

/// What is counted for [`Ledger::queue_levels`].
pub(crate) fn levels_sql(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => SQLITE_LEVELS,
        Dialect::Postgres => POSTGRES_LEVELS,
    }
}

impl Ledger {
    /// How full each queue is, by name.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn queue_stats(&self, now: Timestamp) -> LedgerResult<Vec<QueueStats>> {
        let levels = self.queue_levels(now).await?;
        let mut tx = self.read("queue_stats").await?;
        let sql = match tx.dialect() {
            Dialect::Sqlite => "SELECT job_type, COUNT(*) FROM Jobs GROUP BY job_type",
            Dialect::Postgres => "SELECT job_type, COUNT(*) FROM apalis.jobs GROUP BY job_type",
        };
        let all = fetch_all!(tx, (String, i64), sql)?;
        let stats = levels.into_iter().map(|level| {
            let all = all.iter().find(|(queue, _)| queue == level.queue.as_str());
            let open = level.ready + level.delayed + level.held;
            QueueStats {
                // The two reads are not of one moment.
                done: all.map_or(0, |(_, count)| (count - open).max(0)),
                queue: level.queue,
                ready: level.ready,
                delayed: level.delayed,
                held: level.held,
            }
        });
        Ok(stats.collect())
    }

    /// How many jobs of each queue are not done, by name. It reads these jobs only, however many are
    /// done.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn queue_levels(&self, now: Timestamp) -> LedgerResult<Vec<QueueLevel>> {
        let mut tx = self.read("queue_levels").await?;
        let sql = levels_sql(tx.dialect());
        let rows = fetch_all!(tx, LevelRecord, sql, now.as_secs_floor())?;
        let mut queues: Vec<Queue> = Queue::ALL.to_vec();
        queues.sort_by_key(|queue| queue.as_str());
        let levels = queues.into_iter().map(|queue| {
            let rows = || rows.iter().filter(|row| row.queue == queue.as_str());
            QueueLevel {
                queue,
                ready: rows().map(|row| row.ready).sum(),
                delayed: rows().map(|row| row.delayed).sum(),
                held: rows().map(|row| row.held).sum(),
                oldest: rows()
                    .filter_map(|row| row.oldest)
                    .min()
                    .map(Timestamp::from_secs),
            }
        });
        Ok(levels.collect())
    }
}
