//! Tells a worker when a queue is worth looking at.

use std::time::Duration;

use sqlx::{Executor as _, PgPool, SqliteConnection, SqlitePool};

use super::{Queue, QueuePool};
use crate::Ledger;

/// Queues are looked at this often even without any sign of a change: delayed jobs come due.
const TICK: Duration = Duration::from_secs(1);
/// How long a broken watch rests before it is set up again.
const WATCH_REST: Duration = Duration::from_secs(1);

/// How often each queue was found worth looking at, in the order of [`Queue::ALL`].
pub type Looks = [u64; Queue::ALL.len()];

type Changed = tokio::sync::watch::Sender<Looks>;

/// Tells when a queue is worth looking at.
///
/// SQLite: when the file's data version has changed (asked every `poll`), or after a second, a read
/// tells which queues hold a job that may start. A fetch takes the write lock, so none is made for
/// nothing. PostgreSQL: `LISTEN`, and every second.
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
                tracing::warn!(%error, "the watch on the queue broke and is set up again");
            }
            look_at(&changed, |_| true);
            tokio::time::sleep(WATCH_REST).await;
        }
    });
    receiver
}

fn look_at(changed: &Changed, worth: impl Fn(usize) -> bool) {
    changed.send_modify(|looks| {
        for (place, look) in looks.iter_mut().enumerate() {
            *look += u64::from(worth(place));
        }
    });
}

/// SQLite's number that changes when another connection has written. It is cheap to ask, and unlike
/// watching the file it is right on every file system and operating system.
///
/// # Errors
///
/// The database is not available.
pub async fn data_version(connection: &mut SqliteConnection) -> Result<i64, sqlx::Error> {
    use sqlx::Row as _;
    connection
        .fetch_one("PRAGMA data_version")
        .await?
        .try_get(0)
}

async fn watch_sqlite(
    pool: &SqlitePool,
    poll: Duration,
    changed: &Changed,
) -> Result<(), sqlx::Error> {
    // It has a connection of its own: the version counts what other connections have written.
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
            *ready = holds_ready_job(&mut connection, *queue).await?;
        }
        backlog = ready.contains(&true);
        if backlog {
            look_at(changed, |place| ready[place]);
        }
    }
    Ok(())
}

/// Each priority is named, so that the index leads to the jobs that may start, past the delayed ones.
pub(crate) const READY: &str = "SELECT 1 FROM Jobs
    WHERE job_type = $1 AND status = 'Pending' AND lock_by IS NULL AND priority IN (0, 1, 2)
        AND run_at <= CAST(strftime('%s', 'now') AS INTEGER) LIMIT 1";

async fn holds_ready_job(
    connection: &mut SqliteConnection,
    queue: Queue,
) -> Result<bool, sqlx::Error> {
    Ok(sqlx::query(READY)
        .bind(queue.as_str())
        .fetch_optional(connection)
        .await?
        .is_some())
}

async fn watch_postgres(pool: &PgPool, changed: &Changed) -> Result<(), sqlx::Error> {
    let mut listener = sqlx::postgres::PgListener::connect_with(pool).await?;
    listener.listen("apalis::job::insert").await?;
    while !changed.is_closed() {
        // Canceling a receive loses nothing: the notification stays with the connection.
        if let Ok(received) = tokio::time::timeout(TICK, listener.recv()).await {
            received?;
        }
        look_at(changed, |_| true);
    }
    Ok(())
}
