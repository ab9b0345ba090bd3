//! `birdcall migrate`: bring the schema of the database up to date.

use birdcall_common::config;
use birdcall_ledger::{Ledger, schema::SchemaState};

use crate::{failure::Done, output::line};

pub(crate) async fn run() -> Done {
    let ledger = Ledger::open(&config::database_from_env()?).await?;
    if ledger.schema_state().await? == SchemaState::Current {
        line("the schema is up to date");
        return Ok(());
    }
    ledger.migrate().await?;
    line("the schema was updated");
    Ok(())
}
