//! Pushes jobs, and tells whether a row has one.

use apalis::prelude::TaskBuilder;
use birdcall_domain::clock::Timestamp;

use super::{Job, Wake};
use crate::{Dialect, LedgerError, LedgerResult, Tx, transaction::Open};

/// What goes first; within it, what may start earlier. The fetch and the watch name each priority: in
/// `sqlite.rs`, in `watch.rs`, and for PostgreSQL in `migrations/postgres/20261125000802_jobs.sql`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Priority {
    /// Nobody has begun it.
    Fresh = 0,
    /// It was begun, and is finished before more is taken up: a retry does not queue up behind a
    /// backlog a second time.
    Begun = 1,
    /// A dead worker held it.
    LeftBehind = 2,
}

/// Pushes a job that may start at `at`, or at once if that has passed. apalis counts in whole
/// seconds. What waits until an operator resumes its queue gets no job: it gets one then.
pub(crate) async fn push(
    tx: &mut Tx,
    job: &Job,
    at: Timestamp,
    now: Timestamp,
) -> LedgerResult<()> {
    if at == Timestamp::UNTIL_RESUMED {
        Ok(())
    } else if at <= now {
        insert(tx, job, now.as_secs_floor(), Priority::Fresh).await
    } else {
        push_later(tx, job, at).await
    }
}

/// Pushes a job for a row that is due and has waited since `since`: it goes before what came later.
pub(crate) async fn push_overdue(
    tx: &mut Tx,
    job: &Job,
    since: Timestamp,
    priority: Priority,
) -> LedgerResult<()> {
    insert(tx, job, since.as_secs_floor(), priority).await
}

/// Pushes a job that may start at `at`, rounded up to a second: no job comes before its row is due.
pub(crate) async fn push_later(tx: &mut Tx, job: &Job, at: Timestamp) -> LedgerResult<()> {
    insert(tx, job, at.as_secs_ceil(), Priority::Begun).await
}

async fn insert(
    tx: &mut Tx,
    job: &Job,
    run_at_seconds: i64,
    priority: Priority,
) -> LedgerResult<()> {
    let wake = Wake { id: job.id.clone() };
    let payload =
        serde_json::to_vec(&wake).map_err(|error| LedgerError::Inconsistent(error.to_string()))?;
    // apalis fetches a failed job again at once; trying again is the ledger's, with delays.
    let task = TaskBuilder::new(payload)
        .run_at_timestamp(u64::try_from(run_at_seconds).unwrap_or(0))
        .max_attempts(1)
        .priority(priority as usize)
        .build();
    let queue = job.queue.as_str();
    match &mut tx.open {
        Open::Sqlite(tx) => {
            apalis_sqlite::queries::push_tasks(&mut **tx, queue, &[task])
                .await
                .map_err(|error| unavailable(&error))?;
        }
        Open::Postgres(tx, timeout) => {
            let pushed = apalis_postgres::queries::push_tasks(&mut **tx, queue, vec![task]);
            tokio::time::timeout(*timeout, pushed)
                .await
                .map_err(|slow| unavailable(&slow))?
                .map_err(|error| unavailable(&error))?;
        }
    }
    Ok(())
}

fn unavailable(error: &dyn std::error::Error) -> LedgerError {
    LedgerError::Unavailable(sqlx::Error::Protocol(error.to_string()))
}

/// SQL that tells whether the row whose id is `id` has a job that may start at `seconds`, that
/// nobody has fetched, and that goes no later than `least`. `id` and `seconds` (Unix seconds) are
/// words of SQL.
pub(crate) fn has_job_sql(dialect: Dialect, id: &str, seconds: &str, least: Priority) -> String {
    let least = least as usize;
    match dialect {
        // The plus takes away the column's affinity, which would keep the index from being used.
        Dialect::Sqlite => format!(
            "EXISTS (SELECT 1 FROM Jobs WHERE CAST(job AS TEXT) ->> 'id' = +{id}
                 AND status = 'Pending' AND run_at <= {seconds} AND priority >= {least})"
        ),
        Dialect::Postgres => format!(
            "EXISTS (SELECT 1 FROM apalis.jobs WHERE birdcall_job_subject(job) = {id}
                 AND status = 'Pending' AND run_at <= to_timestamp({seconds}) AND priority >= {least})"
        ),
    }
}
