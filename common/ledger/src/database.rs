//! The settings of the database.

use std::{fmt, path::PathBuf, str::FromStr, time::Duration};

use secrecy::SecretString;

/// The address of the database, and how long to wait for it.
#[derive(Clone, Debug)]
pub struct Database {
    /// `DATABASE_URL`.
    pub url: DatabaseUrl,
    /// `DATABASE_TIMEOUT`: for a connection, for the write lock (SQLite), for the answer to a
    /// statement (PostgreSQL).
    pub timeout: Duration,
}

impl From<DatabaseUrl> for Database {
    /// The database with the default of `DATABASE_TIMEOUT`.
    fn from(url: DatabaseUrl) -> Self {
        Self {
            url,
            timeout: DATABASE_TIMEOUT,
        }
    }
}

/// The default of `DATABASE_TIMEOUT`. It is longer than any statement of ours takes on a healthy
/// database, however full.
const DATABASE_TIMEOUT: Duration = Duration::from_secs(10);

/// The address of the ledger.
#[derive(Clone)]
pub enum DatabaseUrl {
    /// A file on this machine.
    Sqlite(PathBuf),
    /// A PostgreSQL server. The URL holds a password.
    Postgres(SecretString),
}

impl DatabaseUrl {
    /// Whether there is something to open. `true` if only the server knows.
    #[must_use]
    pub fn exists(&self) -> bool {
        match self {
            Self::Sqlite(path) => !matches!(path.try_exists(), Ok(false)),
            Self::Postgres(_) => true,
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite://{}", path.display()),
            Self::Postgres(_) => f.write_str("postgres://…"),
        }
    }
}

impl FromStr for DatabaseUrl {
    type Err = &'static str;

    fn from_str(value: &str) -> Result<Self, Self::Err> {
        if let Some(path) = value
            .strip_prefix("sqlite://")
            .filter(|path| !path.is_empty())
        {
            return Ok(Self::Sqlite(PathBuf::from(path)));
        }
        if value.starts_with("postgres://") || value.starts_with("postgresql://") {
            return Ok(Self::Postgres(value.to_owned().into()));
        }
        Err("sqlite://PATH or postgres://USER:PASSWORD@HOST/DATABASE")
    }
}
