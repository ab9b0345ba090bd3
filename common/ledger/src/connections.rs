//! Opening the database, and noticing when it is gone without a word.
//!
//! A server that is switched off, or that is behind a network that drops packets, closes no
//! connection: a client would wait for its answer for hours. So nothing waits longer than
//! `DATABASE_TIMEOUT`, a connection that did not answer is thrown away, and the code that waits on a
//! connection outside of this crate (apalis) is told.

use std::{path::Path, time::Duration};

use secrecy::{ExposeSecret as _, SecretString};
use sqlx::{
    Connection as _, Executor as _, PgConnection, SqliteConnection, SqlitePool,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use crate::{
    Ledger, LedgerError, LedgerResult,
    database::{Database, DatabaseUrl},
    engine::Lost,
    error::{is_locked, is_read_only},
    private_file,
    time_limit::within,
};

/// The number of connections that read (SQLite), or of all connections (PostgreSQL), per process.
const CONNECTIONS_MAX: u32 = 8;
/// PostgreSQL ends a transaction whose client is silent for this many `DATABASE_TIMEOUT`s: the locks
/// of a machine that is gone must not hold the others up.
const SILENT_TIMEOUTS_MAX: u128 = 3;

impl Ledger {
    /// Opens the database. A SQLite file and its folder are created when they are missing, for this
    /// user alone; a file that others may read is taken away from them. PostgreSQL is not connected
    /// to yet: the first transaction shows whether it can be reached.
    ///
    /// # Errors
    ///
    /// The file cannot be opened or is not a database, or the URL is malformed.
    pub async fn open(database: &Database) -> LedgerResult<Self> {
        match &database.url {
            DatabaseUrl::Sqlite(path) => {
                make_private(path)?;
                let (writer, reader) = sqlite_pools(path, database.timeout);
                // A file that cannot be used is found out here.
                drop(writer.acquire().await?);
                drop(reader.acquire().await?);
                Ok(Self::Sqlite { writer, reader })
            }
            DatabaseUrl::Postgres(url) => open_postgres(url, database.timeout),
        }
    }

    /// Opens a database that another program has created. Nothing is created.
    ///
    /// # Errors
    ///
    /// [`LedgerError::Missing`], and those of [`Ledger::open`].
    pub async fn open_existing(database: &Database) -> LedgerResult<Self> {
        match &database.url {
            DatabaseUrl::Sqlite(path) if !database.url.exists() => {
                Err(LedgerError::Missing(path.clone()))
            }
            _ => Self::open(database).await,
        }
    }

    /// Opens a database that another program may still have to create. Until it has, every
    /// transaction fails.
    ///
    /// # Errors
    ///
    /// Those of [`Ledger::open`].
    pub async fn open_when_created(database: &Database) -> LedgerResult<Self> {
        match (&database.url, Self::open_existing(database).await) {
            (DatabaseUrl::Sqlite(path), Err(LedgerError::Missing(_))) => {
                let (writer, reader) = sqlite_pools(path, database.timeout);
                Ok(Self::Sqlite { writer, reader })
            }
            (_, opened) => opened,
        }
    }

    /// Returns when a connection is found dead from now on; on SQLite, never.
    pub async fn connection_lost(&self) {
        if let Self::Postgres { lost, .. } = self {
            // An error means that the ledger is gone, and nobody is left to lose a connection.
            if lost.subscribe().changed().await.is_ok() {
                return;
            }
        }
        std::future::pending().await
    }

    /// Refuses a SQLite file that is read-only. A connection that begins with such a file never writes,
    /// not even when the file becomes writable later.
    ///
    /// # Errors
    ///
    /// The file is read-only, or this cannot be found out. A locked file counts as writable.
    pub async fn refuse_read_only(&self) -> LedgerResult<()> {
        let Self::Sqlite { writer, .. } = self else {
            return Ok(());
        };
        // A locked file is writable, so nobody is waited for: a process that starts on a busy file
        // has to be there for webhooks at once.
        let tried = async {
            let mut connection = writer.acquire().await?;
            connection.execute("PRAGMA busy_timeout = 0").await?;
            // A transaction begins on a read-only file, too. Only a write tells, and this one is never
            // committed.
            let written = connection
                .execute("BEGIN IMMEDIATE; PRAGMA user_version = 0")
                .await;
            // Closing the connection ends the transaction and its short timeout.
            let _ = connection.close().await;
            written
        };
        match tried.await {
            Ok(_) => Ok(()),
            Err(error) if is_locked(&error) => Ok(()),
            Err(error) if is_read_only(&error) => Err(LedgerError::ReadOnly),
            Err(error) => Err(error.into()),
        }
    }

    /// Closes the connection that writes, and the idle ones. A SQLite connection that was opened while
    /// the file was read-only never writes, not even when the file becomes writable.
    pub async fn renew_connections(&self) {
        let Self::Sqlite { writer, reader } = self else {
            return;
        };
        // The connection that failed is on its way back into the pool. How it ends does not matter.
        if let Ok(connection) = writer.acquire().await {
            let _ = connection.close().await;
        }
        while let Some(connection) = reader.try_acquire() {
            let _ = connection.close().await;
        }
    }
}

/// Makes the file and its folder if they are missing, for our own user alone.
fn make_private(path: &Path) -> LedgerResult<()> {
    let folder = path.parent();
    if let Some(folder) = folder.filter(|folder| !folder.as_os_str().is_empty()) {
        private_file::make_folder(folder).map_err(sqlx::Error::Io)?;
    }
    // SQLite would make the file for everybody whom the umask admits.
    private_file::make_database(path).map_err(sqlx::Error::Io)?;
    private_file::narrow_database(path);
    Ok(())
}

/// The connection that writes, and those that read. They are opened when they are first used, and
/// they create no file.
fn sqlite_pools(path: &Path, timeout: Duration) -> (SqlitePool, SqlitePool) {
    // FULL where the ledger is written: an answered webhook survives a power cut, not only a crash.
    // The queue's bookkeeping (fetching, acknowledging) goes through the readers' pool and needs no
    // sync of its own: the sweep brings back what a power cut takes of it.
    let options = |synchronous| {
        SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(synchronous)
            .busy_timeout(timeout)
            .foreign_keys(true)
            // What is deleted is overwritten, so that nobody reads in the file what was erased.
            .pragma("secure_delete", "ON")
    };
    let pool = |connections: u32, synchronous| {
        SqlitePoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(timeout)
            .after_release(|connection, _| Box::pin(has_no_transaction(connection)))
            .connect_lazy_with(options(synchronous))
    };
    (
        pool(1, SqliteSynchronous::Full),
        pool(CONNECTIONS_MAX, SqliteSynchronous::Normal),
    )
}

/// Whether a connection that is given back may be used again. On a full disk SQLite ends the
/// transaction, and the driver, which does not notice, begins no other: the pool closes such a
/// connection.
async fn has_no_transaction(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    // The rollback of a dropped transaction is under way; the ping is answered after it.
    connection.ping().await?;
    if connection.is_in_transaction() {
        let why = "SQLite ended its transaction, so the connection is replaced";
        return Err(sqlx::Error::Protocol(why.to_owned()));
    }
    Ok(true)
}

fn open_postgres(url: &SecretString, timeout: Duration) -> LedgerResult<Ledger> {
    let options: PgConnectOptions = url.expose_secret().parse()?;
    let lost = Lost::default();
    let (before, after) = (lost.clone(), lost.clone());
    let silent_max = timeout.as_millis() * SILENT_TIMEOUTS_MAX;
    let pool = PgPoolOptions::new()
        .max_connections(CONNECTIONS_MAX)
        .acquire_timeout(timeout)
        .after_connect(move |connection, _| {
            let sql = format!("SET idle_in_transaction_session_timeout = {silent_max}");
            Box::pin(async move {
                connection.execute(sqlx::AssertSqlSafe(sql)).await?;
                Ok(())
            })
        })
        // These replace the pool's own tests, which have no time limit.
        .test_before_acquire(false)
        .before_acquire(move |connection, _| {
            let lost = before.clone();
            Box::pin(async move { answers(connection, timeout / 2, &lost).await.map(|()| true) })
        })
        .after_release(move |connection, _| {
            let lost = after.clone();
            Box::pin(async move { answers(connection, timeout, &lost).await.map(|()| true) })
        })
        .connect_lazy_with(options.application_name("birdcall"));
    Ok(Ledger::Postgres {
        pool,
        timeout,
        lost,
    })
}

/// Whether a connection still answers. The pool closes one that does not.
async fn answers(
    connection: &mut PgConnection,
    limit: Duration,
    lost: &Lost,
) -> Result<(), sqlx::Error> {
    let answered = within(limit, connection.ping()).await;
    if answered.is_err() {
        lost.send_modify(|count| *count += 1);
    }
    answered
}
