//! The job queue: the only file that names apalis's tables and storage types.
//!
//! Jobs are pushed in the transaction that writes the row they wake, so neither exists without the
//! other.

use std::time::Duration;

use apalis::prelude::TaskBuilder;
pub use apalis_postgres::{Config as PgConfig, PostgresStorage};
pub use apalis_sqlite::{Config as SqliteConfig, SqliteStorage};
use birdcall_domain::clock::Timestamp;
use serde::Serialize;
use sqlx::{Executor as _, PgPool, SqlitePool};

use crate::{
    Ledger, LedgerError, LedgerResult, Tx, execute, fetch_all, fetch_optional,
    jobs::{Job, Queue, Wake},
};

/// Pushes a job that may start at `at`: at once if that is now. apalis counts in whole seconds.
///
/// # Errors
///
/// The database is not available.
pub(crate) async fn push(
    tx: &mut Tx,
    job: &Job,
    at: Timestamp,
    now: Timestamp,
) -> LedgerResult<()> {
    if at <= now {
        insert(tx, job, now.as_millis().div_euclid(1000), Priority::Fresh).await
    } else {
        push_later(tx, job, at).await
    }
}

/// Pushes a job for a row that is due and has waited since `since`: it goes before what came later.
///
/// # Errors
///
/// The database is not available.
pub(crate) async fn push_overdue(
    tx: &mut Tx,
    job: &Job,
    since: Timestamp,
    priority: Priority,
) -> LedgerResult<()> {
    insert(tx, job, since.as_millis().div_euclid(1000), priority).await
}

/// Pushes a job that may start at `at`, rounded up: no job comes before its row is due.
///
/// # Errors
///
/// The database is not available.
pub(crate) async fn push_later(tx: &mut Tx, job: &Job, at: Timestamp) -> LedgerResult<()> {
    insert(tx, job, at.as_secs_ceil(), Priority::Begun).await
}

/// What goes first; within it, what may start earlier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Priority {
    /// Nobody has begun it.
    Fresh = 0,
    /// It was begun, and is finished before more is taken up: a retry does not queue up behind a
    /// backlog again.
    Begun = 1,
    /// A dead worker held it.
    LeftBehind = 2,
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
    // Failed jobs are fetched again at once by apalis; retrying is the ledger's, with delays.
    let task = TaskBuilder::new(payload)
        .run_at_timestamp(u64::try_from(run_at_seconds).unwrap_or(0))
        .max_attempts(1)
        .priority(priority as usize)
        .build();
    match tx {
        Tx::Sqlite(tx) => {
            apalis_sqlite::queries::push_tasks(&mut **tx, job.queue.name(), &[task])
                .await
                .map_err(|error| unavailable(&error))?;
        }
        Tx::Postgres(tx, timeout) => {
            let pushed =
                apalis_postgres::queries::push_tasks(&mut **tx, job.queue.name(), vec![task]);
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

/// A job as it is listed.
#[derive(Clone, Debug, Serialize, sqlx::FromRow)]
pub struct JobRow {
    /// apalis's id.
    pub id: String,
    /// The queue's name.
    pub queue: String,
    /// `Pending`, `Queued`, `Running`, `Done`, `Failed`, `Killed`.
    pub state: String,
    /// The row that it wakes.
    pub subject: String,
    /// How often it was run.
    pub attempts: i64,
    /// Unix seconds; not before that.
    pub run_at: i64,
    /// The worker that holds or held it.
    pub worker: Option<String>,
    /// Unix seconds.
    pub done_at: Option<i64>,
}

/// How full a queue is.
#[derive(Clone, Debug, Serialize, sqlx::FromRow)]
pub struct QueueStats {
    /// The queue's name.
    pub queue: String,
    /// Jobs that may start now.
    pub ready: i64,
    /// Jobs that start later.
    pub delayed: i64,
    /// Jobs that a worker holds.
    pub held: i64,
    /// Finished jobs that are not removed yet.
    pub done: i64,
}

/// Which jobs to list.
#[derive(Clone, Debug, Default)]
pub struct JobFilter {
    /// One queue.
    pub queue: Option<Queue>,
    /// One state, as apalis names it.
    pub state: Option<String>,
    /// One subject.
    pub subject: Option<String>,
    /// At most so many.
    pub limit: i64,
}

/// Finished jobs removed in one go.
pub const PRUNED_AT_ONCE: u64 = 1000;

/// SQL that tells whether the row whose id is `id` (words of SQL) has a job that may start at
/// `seconds` (likewise; Unix seconds), that nobody has fetched yet and that goes no later than
/// `least`.
pub(crate) fn has_job_sql(tx: &Tx, id: &str, seconds: &str, least: Priority) -> String {
    let least = least as usize;
    match tx {
        // The plus takes the column's affinity away, which would keep the index from being used.
        Tx::Sqlite(_) => format!(
            "EXISTS (SELECT 1 FROM Jobs WHERE CAST(job AS TEXT) ->> 'id' = +{id}
                 AND status = 'Pending' AND run_at <= {seconds} AND priority >= {least})"
        ),
        Tx::Postgres(..) => format!(
            "EXISTS (SELECT 1 FROM apalis.jobs WHERE birdcall_job_subject(job) = {id}
                 AND status = 'Pending' AND run_at <= to_timestamp({seconds}) AND priority >= {least})"
        ),
    }
}

const SQLITE_JOB: &str = "SELECT id, job_type AS queue, status AS state,
    CAST(job AS TEXT) ->> 'id' AS subject, attempts, run_at, lock_by AS worker, done_at FROM Jobs";
const POSTGRES_JOB: &str = "SELECT id, job_type AS queue, status AS state,
    birdcall_job_subject(job) AS subject, attempts::BIGINT AS attempts,
    EXTRACT(EPOCH FROM run_at)::BIGINT AS run_at, lock_by AS worker,
    EXTRACT(EPOCH FROM done_at)::BIGINT AS done_at FROM apalis.jobs";

impl Ledger {
    /// Jobs, newest first.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn jobs(&self, filter: &JobFilter) -> LedgerResult<Vec<JobRow>> {
        let mut tx = self.read().await?;
        let select = match &tx {
            Tx::Sqlite(_) => SQLITE_JOB,
            Tx::Postgres(..) => POSTGRES_JOB,
        };
        // The columns are named here, the values are bound.
        let sql = sqlx::AssertSqlSafe(format!(
            "SELECT * FROM ({select}) AS jobs
             WHERE (CAST($1 AS TEXT) IS NULL OR queue = $1) AND (CAST($2 AS TEXT) IS NULL OR state = $2)
               AND (CAST($3 AS TEXT) IS NULL OR subject = $3) ORDER BY id DESC LIMIT $4"
        ));
        let queue = filter.queue.map(Queue::name);
        Ok(fetch_all!(
            &mut tx,
            JobRow,
            sql,
            queue,
            filter.state.as_deref(),
            filter.subject.as_deref(),
            filter.limit,
        )?)
    }

    /// One job.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn job(&self, id: &str) -> LedgerResult<Option<JobRow>> {
        let mut tx = self.read().await?;
        let select = match &tx {
            Tx::Sqlite(_) => SQLITE_JOB,
            Tx::Postgres(..) => POSTGRES_JOB,
        };
        let sql = sqlx::AssertSqlSafe(format!("{select} WHERE id = $1"));
        Ok(fetch_optional!(&mut tx, JobRow, sql, id)?)
    }

    /// How full each queue is.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn queue_stats(&self, now: Timestamp) -> LedgerResult<Vec<QueueStats>> {
        let mut tx = self.read().await?;
        let seconds = now.as_millis() / 1000;
        let rows = match &tx {
            Tx::Sqlite(_) => {
                "SELECT job_type AS queue,
                COALESCE(SUM(status = 'Pending' AND run_at <= $1), 0) AS ready,
                COALESCE(SUM(status = 'Pending' AND run_at > $1), 0) AS delayed,
                COALESCE(SUM(status IN ('Queued', 'Running')), 0) AS held,
                COALESCE(SUM(status IN ('Done', 'Failed', 'Killed')), 0) AS done
                FROM Jobs GROUP BY job_type"
            }
            Tx::Postgres(..) => {
                "SELECT job_type AS queue,
                COUNT(*) FILTER (WHERE status = 'Pending' AND run_at <= to_timestamp($1)) AS ready,
                COUNT(*) FILTER (WHERE status = 'Pending' AND run_at > to_timestamp($1)) AS delayed,
                COUNT(*) FILTER (WHERE status IN ('Queued', 'Running')) AS held,
                COUNT(*) FILTER (WHERE status IN ('Done', 'Failed', 'Killed')) AS done
                FROM apalis.jobs GROUP BY job_type"
            }
        };
        let mut stats: Vec<QueueStats> = fetch_all!(&mut tx, QueueStats, rows, seconds)?;
        for queue in Queue::ALL {
            if !stats.iter().any(|stats| stats.queue == queue.name()) {
                let queue = queue.name().to_owned();
                stats.push(QueueStats {
                    queue,
                    ready: 0,
                    delayed: 0,
                    held: 0,
                    done: 0,
                });
            }
        }
        stats.sort_by(|a, b| a.queue.cmp(&b.queue));
        Ok(stats)
    }

    /// Removes jobs that were finished before `before`, some at a time; how many.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn prune_jobs(&self, before: Timestamp) -> LedgerResult<u64> {
        let mut tx = self.write().await?;
        let before = before.as_millis() / 1000;
        let sql = match &tx {
            Tx::Sqlite(_) => {
                "DELETE FROM Jobs WHERE rowid IN
                (SELECT rowid FROM Jobs WHERE done_at IS NOT NULL AND done_at < $1 LIMIT $2)"
            }
            Tx::Postgres(..) => {
                "DELETE FROM apalis.jobs WHERE id IN
                (SELECT id FROM apalis.jobs WHERE done_at < to_timestamp($1) LIMIT $2)"
            }
        };
        let removed = execute!(&mut tx, sql, before, PRUNED_AT_ONCE as i64)?;
        tx.commit().await?;
        Ok(removed)
    }

    /// Takes every job that may start at `now` out of the queues and marks it done: for running
    /// handlers step by step, by the caller's clock instead of the machine's.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn take_due_jobs(&self, now: Timestamp) -> LedgerResult<Vec<Job>> {
        let mut tx = self.write().await?;
        let seconds = now.as_millis() / 1000;
        let sql = match &tx {
            Tx::Sqlite(_) => "UPDATE Jobs SET status = 'Done', done_at = $1
                WHERE status = 'Pending' AND run_at <= $1 RETURNING job_type, CAST(job AS TEXT) ->> 'id'",
            Tx::Postgres(..) => "UPDATE apalis.jobs SET status = 'Done', done_at = to_timestamp($1)
                WHERE status = 'Pending' AND run_at <= to_timestamp($1)
                RETURNING job_type, birdcall_job_subject(job)",
        };
        let taken = fetch_all!(&mut tx, (String, String), sql, seconds)?;
        tx.commit().await?;
        Ok(taken
            .into_iter()
            .filter_map(|(queue, id)| {
                Some(Job {
                    queue: Queue::parse(&queue)?,
                    id,
                })
            })
            .collect())
    }
}

/// A number that changes when another connection has written (SQLite only): cheap to ask, and
/// right on every file system and operating system, unlike watching the file.
///
/// # Errors
///
/// The database is not available.
pub async fn data_version(connection: &mut sqlx::SqliteConnection) -> Result<i64, sqlx::Error> {
    use sqlx::Row as _;
    connection
        .fetch_one("PRAGMA data_version")
        .await?
        .try_get(0)
}

/// The pool that apalis works on.
#[derive(Clone, Debug)]
pub enum QueuePool {
    /// SQLite.
    Sqlite(SqlitePool),
    /// PostgreSQL.
    Postgres(PgPool),
}

impl Ledger {
    /// The pool for a queue's worker. On SQLite it is the readers' pool: apalis begins its
    /// transactions with their writing statement, so they wait for the lock as they should.
    #[must_use]
    pub fn queue_pool(&self) -> QueuePool {
        match self {
            Self::Sqlite { reader, .. } => QueuePool::Sqlite(reader.clone()),
            Self::Postgres { pool, .. } => QueuePool::Postgres(pool.clone()),
        }
    }
}

/// Without any sign of a change, queues are looked at this often: delayed jobs come due.
const TICK: Duration = Duration::from_secs(1);
/// How long a broken watch rests.
const WATCH_REST: Duration = Duration::from_secs(1);

/// How often each queue was found worth looking at, in the order of [`Queue::ALL`].
pub type Looks = [u64; Queue::ALL.len()];

/// Tells when a queue is worth looking at. SQLite: when the file's data version has changed (asked
/// every `poll`) or a second has passed, a read tells which queues hold a job that may start; a
/// fetch takes the write lock, so none is made for nothing. PostgreSQL: `LISTEN`, and every second.
#[must_use]
pub fn watch(ledger: &Ledger, poll: Duration) -> tokio::sync::watch::Receiver<Looks> {
    let (changed, receiver) = tokio::sync::watch::channel(Looks::default());
    let (ledger, pool) = (ledger.clone(), ledger.queue_pool());
    tokio::spawn(async move {
        while !changed.is_closed() {
            let ended = match &pool {
                QueuePool::Sqlite(pool) => watch_sqlite(pool, poll, &changed).await,
                QueuePool::Postgres(pool) => tokio::select! {
                    ended = watch_postgres(pool, &changed) => ended,
                    () = ledger.connection_lost() => Ok(()),
                },
            };
            if let Err(error) = ended {
                tracing::warn!(%error, "the watch on the queue broke; it is set up again");
            }
            look_at(&changed, |_| true);
            tokio::time::sleep(WATCH_REST).await;
        }
    });
    receiver
}

type Changed = tokio::sync::watch::Sender<Looks>;

fn look_at(changed: &Changed, worth: impl Fn(usize) -> bool) {
    changed.send_modify(|looks| {
        for (place, look) in looks.iter_mut().enumerate() {
            *look += u64::from(worth(place));
        }
    });
}

async fn watch_sqlite(
    pool: &SqlitePool,
    poll: Duration,
    changed: &Changed,
) -> Result<(), sqlx::Error> {
    // Asked on a connection of its own: the version counts what other connections have written.
    let mut connection = pool.acquire().await?.detach();
    let mut known = data_version(&mut connection).await?;
    let mut quiet = Duration::ZERO;
    let mut backlog = true;
    while !changed.is_closed() {
        tokio::time::sleep(poll).await;
        let version = data_version(&mut connection).await?;
        quiet += poll;
        if version == known && quiet < TICK && !backlog {
            continue;
        }
        known = version;
        quiet = Duration::ZERO;
        let mut ready = [false; Queue::ALL.len()];
        for (ready, queue) in ready.iter_mut().zip(Queue::ALL) {
            *ready = holds_ready_job(&mut connection, queue).await?;
        }
        backlog = ready.contains(&true);
        if backlog {
            look_at(changed, |place| ready[place]);
        }
    }
    Ok(())
}

async fn holds_ready_job(
    connection: &mut sqlx::SqliteConnection,
    queue: Queue,
) -> Result<bool, sqlx::Error> {
    let ready = sqlx::query(
        "SELECT 1 FROM Jobs WHERE job_type = $1 AND status = 'Pending' AND lock_by IS NULL
             AND run_at <= CAST(strftime('%s', 'now') AS INTEGER) LIMIT 1",
    );
    Ok(ready
        .bind(queue.name())
        .fetch_optional(connection)
        .await?
        .is_some())
}

async fn watch_postgres(pool: &PgPool, changed: &Changed) -> Result<(), sqlx::Error> {
    let mut listener = sqlx::postgres::PgListener::connect_with(pool).await?;
    listener.listen("apalis::job::insert").await?;
    while !changed.is_closed() {
        // Cancelling a receive loses nothing: the notification stays with the connection.
        if let Ok(received) = tokio::time::timeout(TICK, listener.recv()).await {
            received?;
        }
        look_at(changed, |_| true);
    }
    Ok(())
}
