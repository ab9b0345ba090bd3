//! Lists and counts jobs, and removes finished ones.

use birdcall_domain::clock::Timestamp;
use serde::Serialize;

use super::{Job, JobState, Queue};
use crate::{
    Dialect, Ledger, LedgerError, LedgerResult,
    stored::{count, known},
    transaction::{execute, fetch_all, fetch_optional},
};

/// A job as it is listed.
#[derive(Clone, Debug, Serialize)]
pub struct ListedJob {
    /// apalis's id.
    pub id: String,
    /// The queue.
    pub queue: Queue,
    /// The state.
    pub state: JobState,
    /// The row that it wakes.
    pub subject: String,
    /// How often it was run.
    pub attempts: u32,
    /// It does not start before this, in Unix seconds.
    pub run_at: i64,
    /// The worker that holds or held it.
    pub worker: Option<String>,
    /// When it was finished, in Unix seconds.
    pub done_at: Option<i64>,
}

/// A row of apalis's table.
#[derive(sqlx::FromRow)]
struct JobRecord {
    id: String,
    queue: String,
    state: String,
    subject: String,
    attempts: i64,
    run_at: i64,
    worker: Option<String>,
    done_at: Option<i64>,
}

impl TryFrom<JobRecord> for ListedJob {
    type Error = LedgerError;

    fn try_from(row: JobRecord) -> LedgerResult<Self> {
        Ok(Self {
            id: row.id,
            queue: known("the job's queue", &row.queue, Queue::parse)?,
            state: known("the job's state", &row.state, JobState::parse)?,
            subject: row.subject,
            attempts: count(row.attempts),
            run_at: row.run_at,
            worker: row.worker,
            done_at: row.done_at,
        })
    }
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
struct StatsRecord {
    queue: String,
    ready: i64,
    delayed: i64,
    held: i64,
    done: i64,
}

/// Which jobs to list.
#[derive(Clone, Debug, Default)]
pub struct JobFilter {
    /// In this queue only.
    pub queue: Option<Queue>,
    /// In this state only.
    pub state: Option<JobState>,
    /// For this row only.
    pub subject: Option<String>,
    /// At most this many.
    pub limit: i64,
}

/// The number of finished jobs that one call removes.
pub const PRUNED_AT_ONCE: u64 = 1000;

const SQLITE_JOB: &str = "SELECT id, job_type AS queue, status AS state,
    CAST(job AS TEXT) ->> 'id' AS subject, attempts, run_at, lock_by AS worker, done_at FROM Jobs";
const POSTGRES_JOB: &str = "SELECT id, job_type AS queue, status AS state,
    birdcall_job_subject(job) AS subject, attempts::BIGINT AS attempts,
    EXTRACT(EPOCH FROM run_at)::BIGINT AS run_at, lock_by AS worker,
    EXTRACT(EPOCH FROM done_at)::BIGINT AS done_at FROM apalis.jobs";

pub(crate) fn jobs_sql(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => SQLITE_JOB,
        Dialect::Postgres => POSTGRES_JOB,
    }
}

impl Ledger {
    /// Jobs, newest first.
    ///
    /// # Errors
    ///
    /// See [`LedgerError`].
    pub async fn jobs(&self, filter: &JobFilter) -> LedgerResult<Vec<ListedJob>> {
        let mut tx = self.read("jobs").await?;
        // The columns are named here, the values are bound.
        let sql = sqlx::AssertSqlSafe(format!(
            "SELECT * FROM ({}) AS jobs
             WHERE (CAST($1 AS TEXT) IS NULL OR queue = $1) AND (CAST($2 AS TEXT) IS NULL OR state = $2)
               AND (CAST($3 AS TEXT) IS NULL OR subject = $3) ORDER BY id DESC LIMIT $4",
            jobs_sql(tx.dialect())
        ));
        let rows = fetch_all!(
            tx,
            JobRecord,
            sql,
            filter.queue.map(Queue::as_str),
            filter.state.map(JobState::as_str),
            filter.subject.as_deref(),
            filter.limit,
        )?;
        rows.into_iter().map(ListedJob::try_from).collect()
    }

    /// One job.
    ///
    /// # Errors
    ///
    /// See [`LedgerError`].
    pub async fn job(&self, id: &str) -> LedgerResult<Option<ListedJob>> {
        let mut tx = self.read("job").await?;
        let sql = sqlx::AssertSqlSafe(format!("{} WHERE id = $1", jobs_sql(tx.dialect())));
        let row = fetch_optional!(tx, JobRecord, sql, id)?;
        row.map(ListedJob::try_from).transpose()
    }

    /// How full each queue is, by name.
    ///
    /// # Errors
    ///
    /// See [`LedgerError`].
    pub async fn queue_stats(&self, now: Timestamp) -> LedgerResult<Vec<QueueStats>> {
        let mut tx = self.read("queue_stats").await?;
        let sql = match tx.dialect() {
            Dialect::Sqlite => {
                "SELECT job_type AS queue,
                COALESCE(SUM(status = 'Pending' AND run_at <= $1), 0) AS ready,
                COALESCE(SUM(status = 'Pending' AND run_at > $1), 0) AS delayed,
                COALESCE(SUM(status IN ('Queued', 'Running')), 0) AS held,
                COALESCE(SUM(status IN ('Done', 'Failed', 'Killed')), 0) AS done
                FROM Jobs GROUP BY job_type"
            }
            Dialect::Postgres => {
                "SELECT job_type AS queue,
                COUNT(*) FILTER (WHERE status = 'Pending' AND run_at <= to_timestamp($1)) AS ready,
                COUNT(*) FILTER (WHERE status = 'Pending' AND run_at > to_timestamp($1)) AS delayed,
                COUNT(*) FILTER (WHERE status IN ('Queued', 'Running')) AS held,
                COUNT(*) FILTER (WHERE status IN ('Done', 'Failed', 'Killed')) AS done
                FROM apalis.jobs GROUP BY job_type"
            }
        };
        let rows = fetch_all!(tx, StatsRecord, sql, now.as_secs_floor())?;
        let mut queues: Vec<Queue> = Queue::ALL.to_vec();
        queues.sort_by_key(|queue| queue.as_str());
        let stats = queues.into_iter().map(|queue| {
            let row = rows.iter().find(|row| row.queue == queue.as_str());
            QueueStats {
                queue,
                ready: row.map_or(0, |row| row.ready),
                delayed: row.map_or(0, |row| row.delayed),
                held: row.map_or(0, |row| row.held),
                done: row.map_or(0, |row| row.done),
            }
        });
        Ok(stats.collect())
    }

    /// Removes some of the jobs that were finished before `before`, and returns how many.
    ///
    /// # Errors
    ///
    /// See [`LedgerError`].
    pub async fn prune_jobs(&self, before: Timestamp) -> LedgerResult<u64> {
        let mut tx = self.write("prune_jobs").await?;
        let sql = match tx.dialect() {
            Dialect::Sqlite => {
                "DELETE FROM Jobs WHERE rowid IN
                (SELECT rowid FROM Jobs WHERE done_at IS NOT NULL AND done_at < $1 LIMIT $2)"
            }
            Dialect::Postgres => {
                "DELETE FROM apalis.jobs WHERE id IN
                (SELECT id FROM apalis.jobs WHERE done_at < to_timestamp($1) LIMIT $2)"
            }
        };
        let removed = execute!(tx, sql, before.as_secs_floor(), PRUNED_AT_ONCE as i64)?;
        tx.commit().await?;
        Ok(removed)
    }

    /// Takes every job that may start at `now` out of the queues and marks it done. It runs the
    /// handlers step by step, by the caller's clock instead of the machine's.
    ///
    /// # Errors
    ///
    /// See [`LedgerError`].
    pub async fn take_due_jobs(&self, now: Timestamp) -> LedgerResult<Vec<Job>> {
        let mut tx = self.write("take_due_jobs").await?;
        let sql = match tx.dialect() {
            Dialect::Sqlite => {
                "UPDATE Jobs SET status = 'Done', done_at = $1
                WHERE status = 'Pending' AND run_at <= $1 RETURNING job_type, CAST(job AS TEXT) ->> 'id'"
            }
            Dialect::Postgres => {
                "UPDATE apalis.jobs SET status = 'Done', done_at = to_timestamp($1)
                WHERE status = 'Pending' AND run_at <= to_timestamp($1)
                RETURNING job_type, birdcall_job_subject(job)"
            }
        };
        let taken = fetch_all!(tx, (String, String), sql, now.as_secs_floor())?;
        tx.commit().await?;
        let taken = taken.into_iter();
        taken
            .map(|(queue, id)| {
                let queue = known("the job's queue", &queue, Queue::parse)?;
                Ok(Job { queue, id })
            })
            .collect()
    }
}
