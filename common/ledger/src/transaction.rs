//! A named transaction on either engine, and the macros that send one SQL text to the open one.

use std::time::Duration;

use birdcall_domain::clock::Stopwatch;
use sqlx::{Postgres, Sqlite, Transaction};

use crate::{LedgerResult, time_limit::within};

/// A transaction that took longer than this is logged with its name.
const SLOW: Duration = Duration::from_secs(1);

/// The engine's dialect of SQL, where one text cannot serve both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// SQLite.
    Sqlite,
    /// PostgreSQL.
    Postgres,
}

/// A transaction on either engine. When it is dropped without [`Tx::commit`], it is rolled back.
pub struct Tx {
    name: &'static str,
    begun: Stopwatch,
    pub(crate) open: Open,
}

/// The engine's own transaction.
pub(crate) enum Open {
    /// SQLite.
    Sqlite(Transaction<'static, Sqlite>),
    /// PostgreSQL, and how long a statement may take.
    Postgres(Transaction<'static, Postgres>, Duration),
}

impl Tx {
    pub(crate) fn new(name: &'static str, open: Open) -> Self {
        Self {
            name,
            begun: Stopwatch::start(),
            open,
        }
    }

    /// The dialect of SQL that is spoken here.
    pub(crate) fn dialect(&self) -> Dialect {
        match self.open {
            Open::Sqlite(_) => Dialect::Sqlite,
            Open::Postgres(..) => Dialect::Postgres,
        }
    }

    /// Makes what was written last.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`]; nothing was written.
    pub async fn commit(self) -> LedgerResult<()> {
        let Self { name, begun, open } = self;
        match open {
            Open::Sqlite(tx) => tx.commit().await?,
            Open::Postgres(tx, timeout) => within(timeout, tx.commit()).await?,
        }
        let took = begun.elapsed();
        metrics::counter!("birdcall_transactions_total", "name" => name).increment(1);
        metrics::counter!("birdcall_transaction_microseconds_total", "name" => name)
            .increment(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
        if took > SLOW {
            tracing::warn!(transaction = name, ?took, "a transaction was slow");
        }
        Ok(())
    }
}

/// Runs a statement and returns the number of rows that it changed.
macro_rules! execute {
    ($tx:expr, $sql:expr $(, $bind:expr)* $(,)?) => {
        match &mut $tx.open {
            $crate::transaction::Open::Sqlite(tx) => sqlx::query($sql)$(.bind($bind))*
                .execute(&mut **tx).await.map(|done| done.rows_affected()),
            $crate::transaction::Open::Postgres(tx, timeout) => $crate::time_limit::within(
                *timeout,
                sqlx::query($sql)$(.bind($bind))*.execute(&mut **tx),
            ).await.map(|done| done.rows_affected()),
        }
    };
}

/// Returns the row that a statement yields, if any.
macro_rules! fetch_optional {
    ($tx:expr, $row:ty, $sql:expr $(, $bind:expr)* $(,)?) => {
        match &mut $tx.open {
            $crate::transaction::Open::Sqlite(tx) => sqlx::query_as::<_, $row>($sql)
                $(.bind($bind))*.fetch_optional(&mut **tx).await,
            $crate::transaction::Open::Postgres(tx, timeout) => $crate::time_limit::within(
                *timeout,
                sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.fetch_optional(&mut **tx),
            ).await,
        }
    };
}

/// Returns every row that a statement yields.
macro_rules! fetch_all {
    ($tx:expr, $row:ty, $sql:expr $(, $bind:expr)* $(,)?) => {
        match &mut $tx.open {
            $crate::transaction::Open::Sqlite(tx) => sqlx::query_as::<_, $row>($sql)
                $(.bind($bind))*.fetch_all(&mut **tx).await,
            $crate::transaction::Open::Postgres(tx, timeout) => $crate::time_limit::within(
                *timeout,
                sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.fetch_all(&mut **tx),
            ).await,
        }
    };
}

pub(crate) use {execute, fetch_all, fetch_optional};
