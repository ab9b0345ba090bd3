//! Lists jobs, and removes finished ones.

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

/// Which jobs to list.
#[derive(Clone, Debug, Default)]
pub struct JobFilter {
    /// In this queue only.
    pub queue: Option<Queue>,
    /// In this state only.
    pub state: Option<JobState>,
    /// For this row only.
    pub subject: Option<String>,
    /// Pushed at or after this.
    pub since: Option<Timestamp>,
    /// Pushed before this.
    pub until: Option<Timestamp>,
    /// Only those that come after the job with this id in the list.
    pub before: Option<String>,
    /// At most this many.
    pub limit: i64,
}

impl JobFilter {
    /// The ids between which those of the list are: from the first on, and below the second. apalis makes ids of
    /// the moment (a ULID), so that their order is that of time.
    pub(crate) fn ids(&self) -> [Option<String>; 2] {
        let until = self.until.map(first_id);
        let end = match (until, self.before.clone()) {
            (Some(until), Some(before)) => Some(until.min(before)),
            (until, before) => until.or(before),
        };
        [self.since.map(first_id), end]
    }
}

/// The smallest ULID of this moment: its milliseconds as ten digits of Crockford's base 32.
fn first_id(at: Timestamp) -> String {
    const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    const MILLIS_MAX: u64 = (1 << 48) - 1;
    let millis = u64::try_from(at.0).unwrap_or(0).min(MILLIS_MAX);
    let digits = (0..10).rev().map(|place| {
        let digit = usize::try_from((millis >> (5 * place)) & 31).unwrap_or(0);
        char::from(DIGITS[digit])
    });
    digits.collect()
}

/// The number of finished jobs that one call removes.
pub const PRUNED_AT_ONCE: u64 = 1000;

const SQLITE_JOB: &str = "SELECT id, job_type AS queue, status AS state,
    CAST(job AS TEXT) ->> 'id' AS subject, attempts, run_at, lock_by AS worker, done_at FROM Jobs";
const POSTGRES_JOB: &str = "SELECT id, job_type AS queue, status AS state,
    birdcall_job_subject(job) AS subject, attempts::BIGINT AS attempts,
    EXTRACT(EPOCH FROM run_at)::BIGINT AS run_at, lock_by AS worker,
    EXTRACT(EPOCH FROM done_at)::BIGINT AS done_at FROM apalis.jobs";

fn jobs_sql(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => SQLITE_JOB,
        Dialect::Postgres => POSTGRES_JOB,
    }
}

/// The ids of the newest `$3` jobs that meet the filter: of queue `$1`, for row `$2`, with an id from `$4` to below `$5`. Each combination has an index
/// that leads to the jobs that are shown. On SQLite it is named; PostgreSQL finds it by its statistics.
fn ids_sql(dialect: Dialect, filter: &JobFilter) -> String {
    let (table, subject) = match dialect {
        Dialect::Sqlite => ("Jobs", "CAST(job AS TEXT) ->> 'id'"),
        Dialect::Postgres => ("apalis.jobs", "birdcall_job_subject(job)"),
    };
    let (index, state) = match filter.state {
        None | Some(JobState::Done) => ("birdcall_jobs_queue", ""),
        Some(JobState::Pending) => ("idx_jobs_pending", " AND lock_by IS NULL"),
        // The lists are those of the indexes, word for word.
        Some(JobState::Queued | JobState::Running) => {
            ("birdcall_jobs_held", " AND status IN ('Running', 'Queued')")
        }
        Some(JobState::Failed | JobState::Killed) => (
            "birdcall_jobs_failed",
            " AND status IN ('Failed', 'Killed')",
        ),
    };
    let any_queue = filter.queue.is_none() && index == "birdcall_jobs_queue";
    let index = match (dialect, &filter.subject) {
        (Dialect::Postgres, _) => String::new(),
        (Dialect::Sqlite, Some(_)) => "INDEXED BY birdcall_jobs_subject".to_owned(),
        (Dialect::Sqlite, None) if any_queue => String::new(),
        (Dialect::Sqlite, None) => format!("INDEXED BY {index}"),
    };
    let state = match (dialect, filter.state) {
        (_, None) => String::new(),
        (Dialect::Sqlite, Some(word)) => format!(" AND status = '{word}'{state}"),
        (Dialect::Postgres, Some(word @ (JobState::Pending | JobState::Done))) => {
            format!(" AND status = '{word}'")
        }
        (Dialect::Postgres, Some(word)) => format!(
            " AND status = '{word}' AND status IN ('Running', 'Queued', 'Failed', 'Killed')"
        ),
    };
    let queue = match filter.queue {
        Some(_) => "job_type = $1",
        None => "CAST($1 AS TEXT) IS NULL",
    };
    let subject = match filter.subject {
        Some(_) => format!("{subject} = $2"),
        None => "CAST($2 AS TEXT) IS NULL".to_owned(),
    };
    let since = match filter.since {
        Some(_) => "id >= $4",
        None => "CAST($4 AS TEXT) IS NULL",
    };
    let until = match (&filter.until, &filter.before) {
        (Some(_), _) | (_, Some(_)) => "id < $5",
        (None, None) => "CAST($5 AS TEXT) IS NULL",
    };
    format!(
        "SELECT id FROM {table} {index} WHERE {queue} AND {subject}{state}
             AND {since} AND {until} ORDER BY id DESC LIMIT $3"
    )
}

/// The newest `$3` jobs that meet the filter.
pub(crate) fn list_sql(dialect: Dialect, filter: &JobFilter) -> String {
    format!(
        "{} WHERE id IN ({}) ORDER BY id DESC",
        jobs_sql(dialect),
        ids_sql(dialect, filter)
    )
}

/// How many jobs meet the filter, counted up to `$3`.
pub(crate) fn total_sql(dialect: Dialect, filter: &JobFilter) -> String {
    format!(
        "SELECT COUNT(*) FROM ({}) AS counted",
        ids_sql(dialect, filter)
    )
}

impl Ledger {
    /// Jobs, newest first.
    ///
    /// # Errors
    ///
    /// See [`LedgerError`].
    pub async fn jobs(&self, filter: &JobFilter) -> LedgerResult<Vec<ListedJob>> {
        let mut tx = self.read("jobs").await?;
        // The state and the index are named here, the other values are bound.
        let sql = sqlx::AssertSqlSafe(list_sql(tx.dialect(), filter));
        let [since, until] = filter.ids();
        let rows = fetch_all!(
            tx,
            JobRecord,
            sql,
            filter.queue.map(Queue::as_str),
            filter.subject.as_deref(),
            filter.limit,
            since,
            until,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_id_of_a_moment_is_a_ulid_without_chance() {
        for (millis, expected) in [
            (0, "0000000000"),
            (1_469_918_176_385, "01ARYZ6S41"),
            (i64::MAX, "7ZZZZZZZZZ"),
            (-1, "0000000000"),
        ] {
            assert_eq!(first_id(Timestamp(millis)), expected, "{millis}");
        }
    }
}
