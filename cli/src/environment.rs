//! What commands get from their environment: the ledger, the time, randomness and the operator.

use std::sync::Arc;

use birdcall_common::config;
use birdcall_domain::{
    clock::{Clock as _, SystemClock, Timestamp},
    random::{SharedRandom, SystemRandom},
};
use birdcall_ledger::{Ledger, schema::SchemaState};

use crate::failure::Failure;

/// Opens the ledger of `DATABASE_URL`. Its schema must be up to date.
pub(crate) async fn open_ledger() -> Result<Ledger, Failure> {
    let ledger = Ledger::open(&config::database_from_env()?).await?;
    match ledger.schema_state().await? {
        SchemaState::Current => Ok(ledger),
        SchemaState::Behind => Err(Failure::Refused(
            "the schema of the database is not up to date: run `birdcall migrate`, or start web"
                .to_owned(),
        )),
    }
}

pub(crate) fn now() -> Timestamp {
    SystemClock.now()
}

pub(crate) fn random() -> SharedRandom {
    Arc::new(SystemRandom)
}

/// The name under which the audit records what this command does.
pub(crate) fn actor() -> String {
    config::operator_name()
}
