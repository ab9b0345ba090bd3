//! The open database, and how a transaction begins on either engine.

use std::time::Duration;

use sqlx::{PgPool, SqlitePool};
use tokio::sync::watch;

use crate::{LedgerResult, Tx, error::is_read_only, time_limit::within, transaction::Open};

/// Counts the connections that were found dead, and tells those who wait for that.
pub(crate) type Lost = watch::Sender<u64>;

/// An open ledger. It is cheap to clone.
#[derive(Clone, Debug)]
pub enum Ledger {
    /// SQLite. The writers of one process take turns on one connection, so they never wait for each
    /// other by polling; readers have connections of their own.
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

impl Ledger {
    /// Begins to write; `name` says what, for logs and metrics. SQLite takes the write lock at once:
    /// a transaction that reads first and writes later fails under contention instead of waiting.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn write(&self, name: &'static str) -> LedgerResult<Tx> {
        let open = match self {
            Self::Sqlite { writer, .. } => match writer.begin_with("BEGIN IMMEDIATE").await {
                Ok(tx) => Open::Sqlite(tx),
                Err(error) => {
                    if is_read_only(&error) {
                        self.renew_connections().await;
                    }
                    return Err(error.into());
                }
            },
            Self::Postgres { pool, timeout, .. } => begin(pool, *timeout).await?,
        };
        Ok(Tx::new(name, open))
    }

    /// Begins to read. What one transaction reads fits together.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn read(&self, name: &'static str) -> LedgerResult<Tx> {
        let open = match self {
            Self::Sqlite { reader, .. } => Open::Sqlite(reader.begin().await?),
            Self::Postgres { pool, timeout, .. } => begin(pool, *timeout).await?,
        };
        Ok(Tx::new(name, open))
    }

    /// The same database on connections of its own, at most this many: whatever holds the others
    /// cannot hold these. On SQLite these are the same connections, because there the one that writes
    /// is never held by readers.
    #[must_use]
    pub fn apart(&self, connections: u32) -> Self {
        match self {
            Self::Sqlite { .. } => self.clone(),
            Self::Postgres {
                pool,
                timeout,
                lost,
            } => {
                let options = pool.options().clone().max_connections(connections);
                let connect = pool.connect_options().as_ref().clone();
                Self::Postgres {
                    pool: options.connect_lazy_with(connect),
                    timeout: *timeout,
                    lost: lost.clone(),
                }
            }
        }
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

async fn begin(pool: &PgPool, timeout: Duration) -> Result<Open, sqlx::Error> {
    // Waiting for a connection has a limit of its own, which is as long.
    Ok(Open::Postgres(
        within(timeout * 2, pool.begin()).await?,
        timeout,
    ))
}
