//! What commands get from their environment: the ledger, the time and randomness.

use std::{path::PathBuf, sync::Arc};

use birdcall_common::config::{self, CommandLine};
use birdcall_domain::{
    clock::{Clock as _, SystemClock, Timestamp},
    random::{SharedRandom, SystemRandom},
};
use birdcall_ledger::{
    Ledger, LedgerError,
    database::{Database, DatabaseUrl},
    schema::SchemaState,
};

use secrecy::{ExposeSecret as _, SecretString};

use crate::failure::Failure;

/// Lets the command line decide which settings are read, for the whole command.
pub(crate) fn prefer(
    database: Option<SecretString>,
    env_file: Option<PathBuf>,
) -> Result<(), Failure> {
    if let Some(url) = &database
        && let Err(wanted) = url.expose_secret().parse::<DatabaseUrl>()
    {
        return Err(Failure::Usage(format!("--database: write it as {wanted}")));
    }
    config::prefer(CommandLine { database, env_file });
    Ok(())
}

/// Opens the ledger of `DATABASE_URL`. It must exist, and its schema must be up to date.
pub(crate) async fn open_ledger() -> Result<Ledger, Failure> {
    open_existing(&config::database_from_env()?).await
}

/// Opens the ledger of this database. It must exist, and its schema must be up to date.
pub(crate) async fn open_existing(database: &Database) -> Result<Ledger, Failure> {
    let ledger = match Ledger::open_existing(database).await {
        Err(LedgerError::Missing(_)) => return Err(Failure::Refused(no_ledger(database))),
        opened => opened?,
    };
    match ledger.schema_state().await? {
        SchemaState::Current => Ok(ledger),
        SchemaState::Absent => Err(Failure::Refused(no_ledger(database))),
        SchemaState::Behind => Err(Failure::Refused(
            "the schema of the database is not up to date: run `birdcall migrate`, or start web"
                .to_owned(),
        )),
    }
}

/// Which database holds no ledger, and how to name another one.
fn no_ledger(database: &Database) -> String {
    let place = match &database.url {
        DatabaseUrl::Sqlite(path) => {
            let path = std::path::absolute(path).unwrap_or_else(|_| path.clone());
            let what = if path.exists() {
                "the file holds no ledger"
            } else {
                "there is no such file"
            };
            format!("{}: {what}", path.display())
        }
        DatabaseUrl::Postgres(_) => "the PostgreSQL database holds no ledger".to_owned(),
    };
    format!(
        "{place}. Run birdcall in the folder with Birdcall's .env, or name the database with --database or in \
         DATABASE_URL. `birdcall migrate` makes a new ledger, and so does the start of web"
    )
}

pub(crate) fn now() -> Timestamp {
    SystemClock.now()
}

pub(crate) fn random() -> SharedRandom {
    Arc::new(SystemRandom)
}
