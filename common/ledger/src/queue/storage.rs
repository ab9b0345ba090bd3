//! The pool and the storage types with which apalis drains the queues.

pub use apalis_postgres::{Config as PgConfig, PostgresStorage};
pub use apalis_sqlite::Config as SqliteConfig;
use sqlx::{PgPool, SqlitePool};

use crate::Ledger;

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
