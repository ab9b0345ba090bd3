//! `birdcall migrate`.

use birdcall_common::config;
use birdcall_ledger::{Ledger, schema::SchemaState};

use crate::{Done, output::line};

pub(crate) async fn run() -> Done {
    let ledger = Ledger::open(&config::database_from_env()?).await?;
    if ledger.schema_state().await? == SchemaState::Current {
        line("the schema is up to date");
        return Ok(());
    }
    ledger.migrate().await?;
    line("the schema was brought up to date");
    Ok(())
}
