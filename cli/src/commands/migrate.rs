//! `birdcall migrate`: create the database, or bring its schema up to date.

use birdcall_common::config;
use birdcall_ledger::{Ledger, schema::SchemaState};
use serde::Serialize;

use crate::{failure::Done, output};

/// What was done.
#[derive(Serialize)]
struct MigrateView {
    updated: bool,
}

pub(crate) async fn run(json: bool) -> Done {
    let ledger = Ledger::open(&config::database_from_env()?).await?;
    let updated = ledger.schema_state().await? != SchemaState::Current;
    if updated {
        ledger.migrate().await?;
    }
    let sentence = match updated {
        true => "the schema was updated",
        false => "the schema is up to date",
    };
    output::result(&MigrateView { updated }, json, sentence);
    Ok(())
}
