//! Brings the database's schema up to date while web already serves.

use std::{convert::Infallible, future, time::Duration};

use birdcall_ledger::{
    Ledger,
    schema::{SchemaError, SchemaState},
};

/// How long to wait between two tries while the database is not available.
const RETRY_DELAY: Duration = Duration::from_secs(1);

/// Brings the schema up to date, however long it takes until the database is available. After that,
/// this function does not return, so it can run beside the server for as long as the server does.
///
/// # Errors
///
/// See [`SchemaError`]; web cannot serve with this schema. `Unavailable` is not returned.
pub(crate) async fn bring_up_to_date(ledger: &Ledger) -> Result<Infallible, SchemaError> {
    loop {
        match migrate_if_behind(ledger).await {
            Ok(()) => return Ok(future::pending().await),
            Err(SchemaError::Unavailable(error)) => {
                tracing::warn!(%error, "the schema could not be checked; web tries again every second");
                tokio::time::sleep(RETRY_DELAY).await;
            }
            Err(error) => return Err(error),
        }
    }
}

async fn migrate_if_behind(ledger: &Ledger) -> Result<(), SchemaError> {
    // The state is read first, because the schema of a newer Birdcall must not be migrated.
    match ledger.schema_state().await? {
        SchemaState::Current => Ok(()),
        SchemaState::Behind | SchemaState::Absent => ledger.migrate().await,
    }
}
