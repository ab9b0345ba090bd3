//! The ledger. SQL lives in here and in [`crate::queue`] and nowhere else.
//!
//! One SQL text serves both engines; the macros below send it to whichever is open. A transaction
//! script (what must be written together) is a method of [`Store`]; statements on one table are in
//! that table's file.

pub mod accounts;
pub mod audit;
pub mod authorizations;
pub mod backup;
pub mod claim;
pub mod commands;
pub mod deliveries;
pub mod inbox;
pub mod lanes;
pub mod pauses;
pub mod replay;
pub mod replies;
pub mod schema;
pub mod texts;
pub mod workers;

use std::{path::Path, time::Duration};

use secrecy::ExposeSecret as _;
use sqlx::{
    PgPool, Postgres, Sqlite, SqlitePool, Transaction,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use thiserror::Error;

use crate::config::DatabaseUrl;

/// What can go wrong with the ledger.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The database can't be reached or can't write just now. Waiting helps.
    #[error("the database is not available: {0}")]
    Unavailable(#[source] sqlx::Error),
    /// What stands in the database is not what this program writes. Waiting does not help.
    #[error("the database holds what Birdcall did not write: {0}")]
    Inconsistent(String),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::ColumnDecode { .. }
            | sqlx::Error::ColumnNotFound(_)
            | sqlx::Error::TypeNotFound { .. }
            | sqlx::Error::Decode(_) => Self::Inconsistent(error.to_string()),
            error if is_damaged(&error) => Self::Inconsistent(error.to_string()),
            error => Self::Unavailable(error),
        }
    }
}

/// SQLITE_CORRUPT (11) and SQLITE_NOTADB (26): no waiting mends these.
fn is_damaged(error: &sqlx::Error) -> bool {
    let code = error
        .as_database_error()
        .and_then(|error| error.code().map(|code| code.into_owned()));
    matches!(code.as_deref(), Some("11" | "26"))
}

/// What the ledger's functions return.
pub type StoreResult<T> = Result<T, StoreError>;

/// An open ledger. Cheap to clone.
#[derive(Clone, Debug)]
pub enum Store {
    /// SQLite: writers take turns on one connection, so that those of one process never wait for
    /// each other by polling; readers have their own.
    Sqlite {
        /// The one connection that writes.
        writer: SqlitePool,
        /// Connections that read.
        reader: SqlitePool,
    },
    /// PostgreSQL.
    Postgres(PgPool),
}

/// A transaction on either engine. Dropped without [`Tx::commit`], it is rolled back.
pub enum Tx {
    /// SQLite.
    Sqlite(Transaction<'static, Sqlite>),
    /// PostgreSQL.
    Postgres(Transaction<'static, Postgres>),
}

impl Tx {
    /// Makes it last.
    ///
    /// # Errors
    ///
    /// The database is not available; nothing was written.
    pub async fn commit(self) -> StoreResult<()> {
        match self {
            Self::Sqlite(tx) => tx.commit().await?,
            Self::Postgres(tx) => tx.commit().await?,
        }
        Ok(())
    }
}

/// Runs a statement; the number of rows it changed.
macro_rules! execute {
    ($tx:expr, $sql:expr $(, $bind:expr)* $(,)?) => {
        match $tx {
            $crate::store::Tx::Sqlite(tx) => sqlx::query($sql)$(.bind($bind))*
                .execute(&mut **tx).await.map(|done| done.rows_affected()),
            $crate::store::Tx::Postgres(tx) => sqlx::query($sql)$(.bind($bind))*
                .execute(&mut **tx).await.map(|done| done.rows_affected()),
        }
    };
}

/// The row that a statement returns, if any.
macro_rules! fetch_optional {
    ($tx:expr, $row:ty, $sql:expr $(, $bind:expr)* $(,)?) => {
        match $tx {
            $crate::store::Tx::Sqlite(tx) => sqlx::query_as::<_, $row>($sql)$(.bind($bind))*
                .fetch_optional(&mut **tx).await,
            $crate::store::Tx::Postgres(tx) => sqlx::query_as::<_, $row>($sql)$(.bind($bind))*
                .fetch_optional(&mut **tx).await,
        }
    };
}

/// Every row that a statement returns.
macro_rules! fetch_all {
    ($tx:expr, $row:ty, $sql:expr $(, $bind:expr)* $(,)?) => {
        match $tx {
            $crate::store::Tx::Sqlite(tx) => sqlx::query_as::<_, $row>($sql)$(.bind($bind))*
                .fetch_all(&mut **tx).await,
            $crate::store::Tx::Postgres(tx) => sqlx::query_as::<_, $row>($sql)$(.bind($bind))*
                .fetch_all(&mut **tx).await,
        }
    };
}

pub(crate) use {execute, fetch_all, fetch_optional};

/// How long a writer of another process is waited for (SQLite).
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a free connection is waited for.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// Connections that read (SQLite), or all connections (PostgreSQL), per process.
const CONNECTIONS_MAX: u32 = 8;

impl Store {
    /// Opens the database that `url` names; a SQLite file (and its folder) is made when missing.
    /// Nothing is connected to yet when PostgreSQL is down: the first use tells.
    ///
    /// # Errors
    ///
    /// The file can't be opened or is not a database, or the URL is malformed.
    pub async fn open(url: &DatabaseUrl) -> StoreResult<Self> {
        match url {
            DatabaseUrl::Sqlite(path) => Self::open_sqlite(path).await,
            DatabaseUrl::Postgres(url) => {
                let options: PgConnectOptions = url.expose_secret().parse()?;
                let pool = PgPoolOptions::new()
                    .max_connections(CONNECTIONS_MAX)
                    .acquire_timeout(ACQUIRE_TIMEOUT)
                    .connect_lazy_with(options.application_name("birdcall"));
                Ok(Self::Postgres(pool))
            }
        }
    }

    async fn open_sqlite(path: &Path) -> StoreResult<Self> {
        if let Some(folder) = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
        {
            std::fs::create_dir_all(folder).map_err(sqlx::Error::Io)?;
        }
        // FULL where the ledger is written: an answered webhook survives a power cut, not only a
        // crash. The queue's bookkeeping (fetching, acknowledging) goes through the readers' pool
        // and needs no sync of its own: what a power cut takes of it, the sweep brings back.
        let options = |synchronous| {
            SqliteConnectOptions::new()
                .filename(path)
                .create_if_missing(true)
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(synchronous)
                .busy_timeout(BUSY_TIMEOUT)
                .foreign_keys(true)
        };
        let pool = |connections: u32, synchronous| {
            SqlitePoolOptions::new()
                .max_connections(connections)
                .acquire_timeout(ACQUIRE_TIMEOUT)
                .connect_with(options(synchronous))
        };
        Ok(Self::Sqlite {
            writer: pool(1, SqliteSynchronous::Full).await?,
            reader: pool(CONNECTIONS_MAX, SqliteSynchronous::Normal).await?,
        })
    }

    /// Begins to write. SQLite takes the write lock at once: a transaction that reads first and
    /// writes later fails under contention instead of waiting.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn write(&self) -> StoreResult<Tx> {
        Ok(match self {
            Self::Sqlite { writer, .. } => Tx::Sqlite(writer.begin_with("BEGIN IMMEDIATE").await?),
            Self::Postgres(pool) => Tx::Postgres(pool.begin().await?),
        })
    }

    /// Begins to read: what is read fits together.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn read(&self) -> StoreResult<Tx> {
        Ok(match self {
            Self::Sqlite { reader, .. } => Tx::Sqlite(reader.begin().await?),
            Self::Postgres(pool) => Tx::Postgres(pool.begin().await?),
        })
    }

    /// Closes every connection.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { writer, reader } => {
                reader.close().await;
                writer.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

/// A stored word that must be one of ours.
fn known<T>(column: &str, word: &str, parse: impl Fn(&str) -> Option<T>) -> StoreResult<T> {
    parse(word).ok_or_else(|| StoreError::Inconsistent(format!("{column} is '{word}'")))
}

/// A stored count.
fn count(value: i64) -> u32 {
    u32::try_from(value).unwrap_or(0)
}
