//! What can go wrong with the ledger.

use std::path::PathBuf;

use thiserror::Error;

/// What can go wrong with the ledger.
///
/// Most functions fail only because the database is not available. They say so once, here: on
/// [`LedgerError::Unavailable`] nothing was written, and the same call may succeed later.
#[derive(Debug, Error)]
pub enum LedgerError {
    /// The database cannot be reached or cannot write right now. Waiting helps.
    #[error("the database is not available: {0}")]
    Unavailable(#[source] sqlx::Error),
    /// SQLite: the file or its file system is read-only.
    #[error("the database is read-only: make its file, folder and file system writable")]
    ReadOnly,
    /// SQLite: the file does not exist, and this program does not create it.
    #[error("there is no database {0}")]
    Missing(PathBuf),
    /// The database holds something that this program does not write. Waiting does not help.
    #[error("the database holds something that Birdcall did not write: {0}")]
    Inconsistent(String),
}

/// What the functions of the ledger return; see [`LedgerError`].
pub type LedgerResult<T> = Result<T, LedgerError>;

impl LedgerError {
    /// Whether the database refused what was written, rather than being in trouble itself: the rest
    /// of a batch may pass without it.
    #[must_use]
    pub fn is_about_the_rows(&self) -> bool {
        match self {
            Self::ReadOnly | Self::Missing(_) => false,
            Self::Inconsistent(_) => true,
            // SQLite: too big, a constraint. PostgreSQL: bad data, a constraint.
            Self::Unavailable(error) => {
                matches!(sqlite_code(error), Some(18 | 19)) || is_of_class(error, &["22", "23"])
            }
        }
    }

    /// Whether PostgreSQL ended the transaction because of another one, mostly for a deadlock. The
    /// same transaction may succeed the next time.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Unavailable(error) if is_of_class(error, &["40"]))
    }

    /// What a caller is told who shared the fate of a batch, or came after the inbox had closed.
    #[must_use]
    pub fn not_taken() -> Self {
        Self::Unavailable(sqlx::Error::WorkerCrashed)
    }
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

/// A PostgreSQL SQLSTATE has five characters, of which two are its class.
fn is_of_class(error: &sqlx::Error, classes: &[&str]) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    code.is_some_and(|code| code.len() == 5 && classes.contains(&&code[..2]))
}

/// SQLITE_CORRUPT (11) and SQLITE_NOTADB (26).
fn is_damaged(error: &sqlx::Error) -> bool {
    matches!(sqlite_code(error), Some(11 | 26))
}

/// SQLITE_BUSY (5) and SQLITE_LOCKED (6).
pub(crate) fn is_locked(error: &sqlx::Error) -> bool {
    matches!(sqlite_code(error), Some(5 | 6))
}

/// SQLITE_READONLY (8).
pub(crate) fn is_read_only(error: &sqlx::Error) -> bool {
    sqlite_code(error) == Some(8)
}

/// SQLite's primary result code. PostgreSQL's codes have five characters.
fn sqlite_code(error: &sqlx::Error) -> Option<i64> {
    let code = error.as_database_error()?.code()?;
    let code: i64 = (code.len() < 5).then(|| code.parse().ok())??;
    Some(code & 0xff)
}
