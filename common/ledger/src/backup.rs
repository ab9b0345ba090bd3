//! A copy of the SQLite file, made while it is in use.

use std::{io::ErrorKind, path::Path};

use sqlx::{Connection as _, Row as _, SqliteConnection, sqlite::SqliteConnectOptions};
use thiserror::Error;

use crate::{Ledger, LedgerError, private_file};

/// Why a backup failed.
#[derive(Debug, Error)]
pub enum BackupError {
    /// The database is PostgreSQL, which has its own tools.
    #[error("the database is PostgreSQL: use pg_dump, or its own continuous archiving")]
    Postgres,
    /// The file exists. A backup overwrites nothing.
    #[error("{0} already exists")]
    Exists(String),
    /// SQLite's integrity check failed on the copy.
    #[error("the copy is damaged: {0}")]
    Damaged(String),
    /// See [`LedgerError`].
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl From<sqlx::Error> for BackupError {
    fn from(error: sqlx::Error) -> Self {
        Self::Ledger(error.into())
    }
}

impl Ledger {
    /// Copies the database to `file` as of one moment, while others write; then opens the copy and checks
    /// it. Only the user of this process may read `file`. Returns the number of texts in the copy.
    ///
    /// # Errors
    ///
    /// See [`BackupError`].
    pub async fn backup(&self, file: &Path) -> Result<i64, BackupError> {
        let Self::Sqlite { reader, .. } = self else {
            return Err(BackupError::Postgres);
        };
        let name = file.display().to_string();
        // SQLite copies into an empty file. It would make one for everybody whom the umask admits.
        match private_file::make(file) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                return Err(BackupError::Exists(name));
            }
            Err(error) => return Err(sqlx::Error::Io(error).into()),
        }
        let copied = sqlx::query("VACUUM INTO $1").bind(&name).execute(reader);
        if let Err(error) = copied.await {
            // What is left is not a backup. That it cannot be deleted is not the news.
            let _ = std::fs::remove_file(file);
            return Err(error.into());
        }
        let options = SqliteConnectOptions::new().filename(file).read_only(true);
        let mut copy = SqliteConnection::connect_with(&options).await?;
        let verdict: String = sqlx::query("PRAGMA integrity_check")
            .fetch_one(&mut copy)
            .await?
            .try_get(0)?;
        if verdict != "ok" {
            return Err(BackupError::Damaged(verdict));
        }
        let texts = sqlx::query("SELECT COUNT(*) FROM texts")
            .fetch_one(&mut copy)
            .await?
            .try_get(0)?;
        copy.close().await?;
        Ok(texts)
    }
}
