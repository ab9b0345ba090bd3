//! The ledger. SQL lives in here and in [`crate::queue`] and nowhere else.
//!
//! One SQL text serves both engines; the macros below send it to whichever is open. A transaction
//! script (what must be written together) is a method of [`Ledger`]; statements on one table are in
//! that table's file.

pub mod accounts;
pub mod audit;
pub mod authorizations;
pub mod backup;
pub mod claim;
pub mod commands;
mod connections;
pub mod database;
pub mod deliveries;
pub mod fail_point;
pub mod inbox;
pub mod jobs;
pub mod lanes;
pub mod pauses;
pub mod queue;
pub mod replay;
pub mod replies;
pub mod schema;
pub mod text_work;
pub mod texts;
pub mod wake;
pub mod workers;

use std::time::Duration;

use connections::Lost;
pub(crate) use connections::within;
use sqlx::{PgPool, Postgres, Sqlite, SqlitePool, Transaction};
use thiserror::Error;

/// What can go wrong with the ledger.
#[derive(Debug, Error)]
pub enum LedgerError {
    /// The database can't be reached or can't write just now. Waiting helps.
    #[error("the database is not available: {0}")]
    Unavailable(#[source] sqlx::Error),
    /// SQLite: the file or its file system can only be read.
    #[error("the database can only be read: make its file, folder and file system writable")]
    ReadOnly,
    /// What stands in the database is not what this program writes. Waiting does not help.
    #[error("the database holds what Birdcall did not write: {0}")]
    Inconsistent(String),
}

impl LedgerError {
    /// Whether it was for what was written that the database refused it, and not for the database:
    /// the rest may pass without it.
    #[must_use]
    pub fn is_about_the_rows(&self) -> bool {
        match self {
            Self::ReadOnly => false,
            Self::Inconsistent(_) => true,
            // SQLite: too big, a constraint. PostgreSQL: bad data, a constraint.
            Self::Unavailable(error) => {
                matches!(sqlite_code(error), Some(18 | 19)) || is_of_class(error, &["22", "23"])
            }
        }
    }

    /// Whether PostgreSQL ended the transaction because of another: a deadlock, mostly. The same
    /// once more may pass.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Unavailable(error) if is_of_class(error, &["40"]))
    }
}

/// PostgreSQL's SQLSTATE has five characters, of which two are its class.
fn is_of_class(error: &sqlx::Error, classes: &[&str]) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    code.is_some_and(|code| code.len() == 5 && classes.contains(&&code[..2]))
}

impl From<sqlx::Error> for LedgerError {
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
    matches!(sqlite_code(error), Some(11 | 26))
}

/// SQLITE_BUSY (5) and SQLITE_LOCKED (6).
fn is_locked(error: &sqlx::Error) -> bool {
    matches!(sqlite_code(error), Some(5 | 6))
}

/// SQLITE_READONLY (8).
fn is_read_only(error: &sqlx::Error) -> bool {
    sqlite_code(error) == Some(8)
}

/// SQLite's primary result code. PostgreSQL's codes have five characters.
fn sqlite_code(error: &sqlx::Error) -> Option<i64> {
    let code = error.as_database_error()?.code()?;
    let code: i64 = (code.len() < 5).then(|| code.parse().ok())??;
    Some(code & 0xff)
}

/// What the ledger's functions return.
pub type LedgerResult<T> = Result<T, LedgerError>;

/// An open ledger. Cheap to clone.
#[derive(Clone, Debug)]
pub enum Ledger {
    /// SQLite: writers take turns on one connection, so that those of one process never wait for
    /// each other by polling; readers have their own.
    Sqlite {
        /// The one connection that writes.
        writer: SqlitePool,
        /// Connections that read.
        reader: SqlitePool,
    },
    /// PostgreSQL.
    Postgres {
        /// All connections.
        pool: PgPool,
        /// `DATABASE_TIMEOUT`.
        timeout: Duration,
        /// Tells when a connection was found dead.
        lost: Lost,
    },
}

/// A transaction on either engine. Dropped without [`Tx::commit`], it is rolled back.
pub enum Tx {
    /// SQLite.
    Sqlite(Transaction<'static, Sqlite>),
    /// PostgreSQL, and how long a statement may take.
    Postgres(Transaction<'static, Postgres>, Duration),
}

impl Tx {
    /// Makes it last.
    ///
    /// # Errors
    ///
    /// The database is not available; nothing was written.
    pub async fn commit(self) -> LedgerResult<()> {
        match self {
            Self::Sqlite(tx) => tx.commit().await?,
            Self::Postgres(tx, timeout) => within(timeout, tx.commit()).await?,
        }
        Ok(())
    }
}

/// Runs a statement; the number of rows it changed.
macro_rules! execute {
    ($tx:expr, $sql:expr $(, $bind:expr)* $(,)?) => {
        match $tx {
            $crate::Tx::Sqlite(tx) => sqlx::query($sql)$(.bind($bind))*
                .execute(&mut **tx).await.map(|done| done.rows_affected()),
            $crate::Tx::Postgres(tx, timeout) => $crate::within(
                *timeout,
                sqlx::query($sql)$(.bind($bind))*.execute(&mut **tx),
            ).await.map(|done| done.rows_affected()),
        }
    };
}

/// The row that a statement returns, if any.
macro_rules! fetch_optional {
    ($tx:expr, $row:ty, $sql:expr $(, $bind:expr)* $(,)?) => {
        match $tx {
            $crate::Tx::Sqlite(tx) => sqlx::query_as::<_, $row>($sql)$(.bind($bind))*
                .fetch_optional(&mut **tx).await,
            $crate::Tx::Postgres(tx, timeout) => $crate::within(
                *timeout,
                sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.fetch_optional(&mut **tx),
            ).await,
        }
    };
}

/// Every row that a statement returns.
macro_rules! fetch_all {
    ($tx:expr, $row:ty, $sql:expr $(, $bind:expr)* $(,)?) => {
        match $tx {
            $crate::Tx::Sqlite(tx) => sqlx::query_as::<_, $row>($sql)$(.bind($bind))*
                .fetch_all(&mut **tx).await,
            $crate::Tx::Postgres(tx, timeout) => $crate::within(
                *timeout,
                sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.fetch_all(&mut **tx),
            ).await,
        }
    };
}

pub(crate) use execute;
pub(crate) use fetch_all;
pub(crate) use fetch_optional;

impl Ledger {
    /// Begins to write. SQLite takes the write lock at once: a transaction that reads first and
    /// writes later fails under contention instead of waiting.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn write(&self) -> LedgerResult<Tx> {
        Ok(match self {
            Self::Sqlite { writer, .. } => match writer.begin_with("BEGIN IMMEDIATE").await {
                Ok(tx) => Tx::Sqlite(tx),
                Err(error) => {
                    if is_read_only(&error) {
                        self.renew_connections().await;
                    }
                    return Err(error.into());
                }
            },
            Self::Postgres { pool, timeout, .. } => begin(pool, *timeout).await?,
        })
    }

    /// Begins to read: what is read fits together.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn read(&self) -> LedgerResult<Tx> {
        Ok(match self {
            Self::Sqlite { reader, .. } => Tx::Sqlite(reader.begin().await?),
            Self::Postgres { pool, timeout, .. } => begin(pool, *timeout).await?,
        })
    }

    /// Closes every connection.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { writer, reader } => {
                reader.close().await;
                writer.close().await;
            }
            Self::Postgres { pool, .. } => pool.close().await,
        }
    }
}

async fn begin(pool: &PgPool, timeout: Duration) -> Result<Tx, sqlx::Error> {
    // Getting a connection has its own limit, which is the same.
    Ok(Tx::Postgres(
        within(timeout * 2, pool.begin()).await?,
        timeout,
    ))
}

/// A stored word that must be one of ours.
fn known<T>(column: &str, word: &str, parse: impl Fn(&str) -> Option<T>) -> LedgerResult<T> {
    parse(word).ok_or_else(|| LedgerError::Inconsistent(format!("{column} is '{word}'")))
}

/// A stored count.
fn count(value: i64) -> u32 {
    u32::try_from(value).unwrap_or(0)
}
