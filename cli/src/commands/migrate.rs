//! `birdcall migrate`.

use birdcall_common::{
    config,
    store::{Store, schema::SchemaState},
};

use crate::{Done, output::line};

pub(crate) async fn run() -> Done {
    let store = Store::open(&config::database_from_env()?).await?;
    if store.schema_state().await? == SchemaState::Current {
        line("the schema is up to date");
        return Ok(());
    }
    store.migrate().await?;
    line("the schema was brought up to date");
    Ok(())
}
