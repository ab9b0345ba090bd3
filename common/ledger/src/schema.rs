//! Brings the schema up to date, and tells whether this program knows it.

use apalis_postgres::PostgresStorage;
use apalis_sqlite::SqliteStorage;
use sqlx::migrate::{MigrateError, Migrator};
use thiserror::Error;

use crate::{
    Dialect, Ledger, LedgerError,
    transaction::{fetch_all, fetch_optional},
};

/// Why the schema cannot be used.
#[derive(Debug, Error)]
pub enum SchemaError {
    /// The database cannot be reached right now.
    #[error(transparent)]
    Unavailable(#[from] LedgerError),
    /// The database holds tables that are not Birdcall's, or was changed by hand.
    #[error(
        "the database holds a schema that is not Birdcall's, or one that was changed by hand ({0}). \
         Point DATABASE_URL at an empty database, or restore a backup"
    )]
    Foreign(String),
    /// A newer Birdcall wrote the schema.
    #[error(
        "the database was made by a newer Birdcall (schema {found}, this one knows {known}). Upgrade this program"
    )]
    Newer {
        /// The version of the schema in the database.
        found: i64,
        /// The newest version that this program knows.
        known: i64,
    },
}

/// Whether the schema is up to date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SchemaState {
    /// It is.
    Current,
    /// It is not; `birdcall migrate`, or the start of web, brings it up to date.
    Behind,
    /// There is none: the database holds no ledger. `birdcall migrate`, or the start of web, makes it.
    Absent,
}

/// The table of applied migrations. It is our own, because apalis uses `_sqlx_migrations`.
const TABLE: &str = "birdcall_migrations";
/// Two processes may start on an empty SQLite file at once; the second one finds the work done.
const TRIES_MAX: u32 = 10;

/// Our migrations, recorded in our own table. Migrations that it does not know are ignored.
fn ours(mut migrator: Migrator) -> Migrator {
    migrator.dangerous_set_table_name(TABLE);
    migrator.set_ignore_missing(true);
    migrator
}

fn ledger() -> Migrator {
    ours(sqlx::migrate!("../../migrations"))
}

fn jobs_on_sqlite() -> Migrator {
    ours(sqlx::migrate!("../../migrations/sqlite"))
}

fn jobs_on_postgres() -> Migrator {
    ours(sqlx::migrate!("../../migrations/postgres"))
}

impl Ledger {
    /// Brings the schema up to date: the queue's, then ours. Several processes may do so at once.
    ///
    /// # Errors
    ///
    /// See [`SchemaError`].
    pub async fn migrate(&self) -> Result<(), SchemaError> {
        self.refuse_foreign().await?;
        let mut tries = 0;
        loop {
            tries += 1;
            match self.migrate_once().await {
                Ok(()) => return Ok(()),
                Err(error) if tries < TRIES_MAX && self.is_race(&error) => {
                    tracing::debug!(%error, "another process is migrating");
                    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
                }
                Err(error) => return Err(refused(error)),
            }
        }
    }

    /// Refuses a database that has a table named like ours and no record of our migrations: it is
    /// somebody else's. One statement reads both facts, so that a Birdcall that is migrating right now
    /// does not look foreign.
    async fn refuse_foreign(&self) -> Result<(), SchemaError> {
        let mut tx = self.read("refuse_foreign").await?;
        let sql = match tx.dialect() {
            Dialect::Sqlite => "SELECT name FROM sqlite_master WHERE type = 'table' AND LOWER(name) IN
                 ('birdcall_migrations', 'accounts', 'authorizations', 'texts', 'attempts', 'replies', 'deliveries',
                  'lanes', 'pauses', 'worker_processes', 'audit', 'grants', 'stranger_texts')",
            Dialect::Postgres => "SELECT tablename::TEXT FROM pg_tables WHERE schemaname = current_schema() AND tablename IN
                 ('birdcall_migrations', 'accounts', 'authorizations', 'texts', 'attempts', 'replies', 'deliveries',
                  'lanes', 'pauses', 'worker_processes', 'audit', 'grants', 'stranger_texts')",
        };
        let tables: Vec<(String,)> = fetch_all!(tx, (String,), sql).map_err(LedgerError::from)?;
        let ours = tables.iter().any(|(name,)| name == TABLE);
        match tables.first() {
            Some((name,)) if !ours => Err(SchemaError::Foreign(format!(
                "it has a table named {name} that Birdcall did not create"
            ))),
            _ => Ok(()),
        }
    }

    async fn migrate_once(&self) -> Result<(), MigrateError> {
        match self {
            Self::Sqlite { writer, .. } => {
                SqliteStorage::<()>::migrations()
                    .set_ignore_missing(true)
                    .run(writer)
                    .await?;
                ledger().run(writer).await?;
                jobs_on_sqlite().run(writer).await
            }
            Self::Postgres { pool, .. } => {
                PostgresStorage::<()>::migrations()
                    .set_ignore_missing(true)
                    .run(pool)
                    .await?;
                ledger().run(pool).await?;
                jobs_on_postgres().run(pool).await
            }
        }
    }

    /// SQLite has no lock for migrations, so two processes may get in each other's way once. A foreign
    /// schema fails every time.
    fn is_race(&self, error: &MigrateError) -> bool {
        matches!(self, Self::Sqlite { .. })
            && matches!(
                error,
                MigrateError::Execute(_) | MigrateError::ExecuteMigration(..)
            )
    }

    /// Whether the schema is up to date.
    ///
    /// # Errors
    ///
    /// It cannot be read, or a newer Birdcall wrote it.
    pub async fn schema_state(&self) -> Result<SchemaState, SchemaError> {
        let mut tx = self.read("schema_state").await?;
        let exists = match tx.dialect() {
            Dialect::Sqlite => "SELECT name FROM sqlite_master WHERE name = 'birdcall_migrations'",
            Dialect::Postgres => {
                "SELECT relname::TEXT FROM pg_class WHERE relname = 'birdcall_migrations'"
            }
        };
        let table = fetch_optional!(tx, (String,), exists).map_err(LedgerError::from)?;
        if table.is_none() {
            return Ok(SchemaState::Absent);
        }
        let newest = fetch_optional!(
            tx,
            (Option<i64>,),
            "SELECT MAX(version) FROM birdcall_migrations WHERE success",
        )
        .map_err(LedgerError::from)?;
        let found = newest.and_then(|(version,)| version).unwrap_or(0);
        let versions = |migrator: Migrator| migrator.iter().map(|m| m.version).max().unwrap_or(0);
        let known = match tx.dialect() {
            Dialect::Sqlite => versions(ledger()).max(versions(jobs_on_sqlite())),
            Dialect::Postgres => versions(ledger()).max(versions(jobs_on_postgres())),
        };
        match found.cmp(&known) {
            std::cmp::Ordering::Less => Ok(SchemaState::Behind),
            std::cmp::Ordering::Equal => Ok(SchemaState::Current),
            std::cmp::Ordering::Greater => Err(SchemaError::Newer { found, known }),
        }
    }
}

fn refused(error: MigrateError) -> SchemaError {
    match error {
        MigrateError::Execute(error) if !is_about_schema(&error) => {
            SchemaError::Unavailable(LedgerError::from(error))
        }
        MigrateError::ExecuteMigration(error, _) if !is_about_schema(&error) => {
            SchemaError::Unavailable(LedgerError::from(error))
        }
        error => SchemaError::Foreign(error.to_string()),
    }
}

fn is_about_schema(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|error| {
        let words = error.message();
        words.contains("already exists")
            || words.contains("no such")
            || words.contains("not a database")
    })
}
