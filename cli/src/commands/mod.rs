//! One file a command.

pub(crate) mod accounts;
pub(crate) mod audit;
pub(crate) mod backup;
pub mod dev;
pub(crate) mod doctor;
pub(crate) mod jobs;
pub(crate) mod migrate;
pub(crate) mod queue;
pub(crate) mod replay;
pub(crate) mod sweep_inbound;
pub(crate) mod texts;

use std::{sync::Arc, time::Duration};

use birdcall_common::config::{self, parse_duration};
use birdcall_domain::{
    clock::{Clock as _, SystemClock, Timestamp},
    phone::Phone,
    random::{SharedRandom, SystemRandom},
};
use birdcall_ledger::{Ledger, schema::SchemaState};

use crate::output::Failure;

/// Opens the ledger of `DATABASE_URL`, which must be up to date.
pub(crate) async fn open_ledger() -> Result<Ledger, Failure> {
    let ledger = Ledger::open(&config::database_from_env()?).await?;
    match ledger.schema_state().await? {
        SchemaState::Current => Ok(ledger),
        SchemaState::Behind => Err(Failure::Refused(
            "the database's schema is not up: run `birdcall migrate`, or start web".to_owned(),
        )),
    }
}

pub(crate) fn now() -> Timestamp {
    SystemClock.now()
}

pub(crate) fn random() -> SharedRandom {
    Arc::new(SystemRandom)
}

/// Who asks, for the audit.
pub(crate) fn actor() -> String {
    config::operator_name()
}

pub(crate) fn duration(value: &str) -> Result<Duration, Failure> {
    parse_duration(value)
        .ok_or_else(|| Failure::Usage(format!("'{value}' is not a duration such as 15m, 24h, 30d")))
}

pub(crate) fn phone(value: &str) -> Result<Phone, Failure> {
    value
        .parse()
        .map_err(|error| Failure::Usage(format!("'{value}': {error}")))
}
