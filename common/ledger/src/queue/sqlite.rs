//! The backend that drains a queue on SQLite. It is apalis-sqlite's, except for the fetch.
//!
//! apalis-sqlite's own fetch walks its index in the order (priority, `run_at`): it steps over every
//! delayed job of a high priority before it finds one of a lower priority that may start. A fetch holds
//! the write lock, and there is a delayed job for every account. This fetch asks for each priority in
//! turn, so it reads the jobs that it fetches and no others. On PostgreSQL the fetch is a function in
//! the database, which a migration replaces by one that does the same.

use std::task::{Context, Poll};

use apalis::prelude::{Backend, Task, TaskBuilder, TaskId, WorkerContext};
use apalis_core::backend::{
    BackendConfig, WireFormatBackend, WorkerFilter,
    finalize::Durable,
    persistence::{Persisted, Persistence, TaskEvent, TaskPersistLayer},
};
use apalis_sqlite::{Config, Error, JsonCodec, queries};
use serde_json::Value;
use sqlx::SqlitePool;

use super::Wake;

/// What apalis's worker drains.
#[derive(Debug)]
pub struct SqliteQueue {
    persisted: Persisted<Drain>,
    codec: JsonCodec<Vec<u8>>,
}

impl SqliteQueue {
    /// The queue that `config` names.
    #[must_use]
    pub fn new(pool: &SqlitePool, config: Config) -> Self {
        let pool = pool.clone();
        Self {
            persisted: Persisted::new(Drain { pool, config }),
            codec: JsonCodec::default(),
        }
    }
}

/// The statements, in transactions of their own.
#[derive(Clone, Debug)]
struct Drain {
    pool: SqlitePool,
    config: Config,
}

/// Takes up to `?3` jobs that may start at `?4`. The priorities are those of
/// [`super::Priority`]. SQLite reads the branches one after the other, and stops when it has enough.
pub(crate) const FETCH: &str = "UPDATE Jobs SET status = 'Queued', lock_by = ?1, lock_at = strftime('%s', 'now')
     WHERE rowid IN (
         SELECT * FROM (SELECT rowid FROM Jobs WHERE job_type = ?2 AND status = 'Pending' AND lock_by IS NULL
             AND priority = 2 AND run_at <= ?4 ORDER BY run_at, id LIMIT ?3)
         UNION ALL
         SELECT * FROM (SELECT rowid FROM Jobs WHERE job_type = ?2 AND status = 'Pending' AND lock_by IS NULL
             AND priority = 1 AND run_at <= ?4 ORDER BY run_at, id LIMIT ?3)
         UNION ALL
         SELECT * FROM (SELECT rowid FROM Jobs WHERE job_type = ?2 AND status = 'Pending' AND lock_by IS NULL
             AND priority = 0 AND run_at <= ?4 ORDER BY run_at, id LIMIT ?3)
         LIMIT ?3)
     RETURNING id, job, attempts, max_attempts, run_at, priority";

/// A job that was fetched.
#[derive(sqlx::FromRow)]
struct Fetched {
    id: String,
    job: Vec<u8>,
    attempts: i64,
    max_attempts: i64,
    run_at: i64,
    priority: i64,
}

impl Fetched {
    fn into_task(self) -> Task<Vec<u8>> {
        let number = |value: i64| usize::try_from(value).unwrap_or(0);
        TaskBuilder::new(self.job)
            .task_id(TaskId::from_string(self.id))
            .attempt(number(self.attempts))
            .max_attempts(number(self.max_attempts))
            .run_at_timestamp(u64::try_from(self.run_at).unwrap_or(0))
            .priority(number(self.priority))
            .build()
    }
}

impl Persistence for Drain {
    type Compact = Vec<u8>;
    type Response = Value;
    type Error = Error;

    async fn register(&mut self, worker: &WorkerContext) -> Result<(), Error> {
        let mut tx = self.pool.begin().await?;
        queries::register_worker(&mut *tx, &self.config, worker, "SqliteStorage").await?;
        Ok(tx.commit().await?)
    }

    async fn heartbeat(&mut self, worker: &WorkerContext) -> Result<(), Error> {
        let mut tx = self.pool.begin().await?;
        queries::keep_alive(&mut *tx, &self.config, worker).await?;
        let dead_for = self.config.orphaned_duration().as_secs();
        queries::reenqueue_orphaned(
            &mut *tx,
            i64::try_from(dead_for).unwrap_or(i64::MAX),
            self.config.queue.as_ref(),
            &WorkerFilter::AllExcept(worker.name().to_owned()),
        )
        .await?;
        Ok(tx.commit().await?)
    }

    async fn fetch_next(&mut self, worker: &WorkerContext) -> Result<Vec<Task<Vec<u8>>>, Error> {
        // apalis counts by the machine's clock, and so does SQLite.
        let now = "SELECT CAST(strftime('%s', 'now') AS INTEGER)";
        let (now,): (i64,) = sqlx::query_as(now).fetch_one(&self.pool).await?;
        let mut fetched: Vec<Fetched> = sqlx::query_as(FETCH)
            .bind(worker.name())
            .bind(self.config.queue.as_ref())
            .bind(i64::try_from(self.config.batch_size).unwrap_or(i64::MAX))
            .bind(now)
            .fetch_all(&self.pool)
            .await?;
        // SQLite returns the rows as it changed them, in no particular order.
        fetched.sort_by(|one, other| {
            let key = |job: &Fetched| (-job.priority, job.run_at);
            key(one).cmp(&key(other)).then(one.id.cmp(&other.id))
        });
        Ok(fetched.into_iter().map(Fetched::into_task).collect())
    }

    async fn handle_events(
        &mut self,
        events: Vec<TaskEvent<Value>>,
        worker: &WorkerContext,
    ) -> Result<(), Error> {
        // Jobs are not locked one by one (`lock_tasks` is off): they belong to this worker since the
        // fetch. So a job that is done is the only event.
        let done: Vec<_> = events
            .iter()
            .filter_map(|event| match event {
                TaskEvent::Complete(done) => Some(done),
                _ => None,
            })
            .collect();
        if done.is_empty() {
            return Ok(());
        }
        queries::ack_tasks(&self.pool, &done, worker.name()).await?;
        Ok(())
    }

    async fn reenqueue_abandoned(
        &mut self,
        tasks: Vec<Task<Vec<u8>>>,
        worker: &WorkerContext,
    ) -> Result<u64, Error> {
        let ids = tasks.iter().filter_map(|task| task.task_id());
        let ids: Vec<String> = ids.map(ToString::to_string).collect();
        let queue = self.config.queue.as_ref();
        Ok(queries::reenqueue_abandoned(&self.pool, queue, worker.name(), &ids).await?)
    }

    async fn push_tasks(&mut self, tasks: Vec<Task<Vec<u8>>>) -> Result<(), Error> {
        let mut tx = self.pool.begin().await?;
        queries::push_tasks(&mut *tx, self.config.queue.as_ref(), &tasks).await?;
        Ok(tx.commit().await?)
    }
}

impl Backend for SqliteQueue {
    type Task = Task<Vec<u8>>;
    type Error = Error;

    fn poll_ready(
        &mut self,
        cx: &mut Context<'_>,
        worker: &WorkerContext,
    ) -> Poll<Result<(), Error>> {
        let heartbeat = self.persisted.config.heartbeat_interval;
        self.persisted.poll_ready(cx, worker, heartbeat)
    }

    fn poll_next(
        &mut self,
        cx: &mut Context<'_>,
        worker: &WorkerContext,
    ) -> Poll<Option<Result<Self::Task, Error>>> {
        self.persisted.poll_next(cx, worker)
    }

    fn poll_close(
        &mut self,
        cx: &mut Context<'_>,
        worker: &WorkerContext,
    ) -> Poll<Result<(), Error>> {
        self.persisted.poll_close(cx, worker)
    }
}

impl BackendConfig for SqliteQueue {
    type Args = Wake;
    type Id = String;
    type Kind = Durable;
    type Config = Config;
    type Layer = TaskPersistLayer<JsonCodec<Value>, Value>;

    fn config(&self) -> &Config {
        &self.persisted.config
    }

    fn middleware(&mut self, _: &mut WorkerContext) -> Self::Layer {
        let batch = self.persisted.config.batch_size;
        // Without this, apalis does not tell that a job is done.
        self.persisted
            .layer(JsonCodec::default(), batch)
            .persist_results(true)
    }
}

impl WireFormatBackend for SqliteQueue {
    type Codec = JsonCodec<Vec<u8>>;
    type Compact = Vec<u8>;

    fn codec(&self) -> &Self::Codec {
        &self.codec
    }
}
