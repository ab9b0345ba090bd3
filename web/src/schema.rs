//! Brings the database's schema up to date while web already serves.

use std::{convert::Infallible, future, sync::Arc, time::Duration};

use axum::{
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::Response,
};
use birdcall_ledger::{
    Ledger,
    schema::{SchemaError, SchemaState},
};

use crate::{pages::Page, state::App};

/// How long to wait between two tries while the database is not available.
const RETRY_DELAY: Duration = Duration::from_secs(1);

/// Brings the schema up to date, however long it takes until the database is available. After that,
/// this function does not return, so it can run beside the server for as long as the server does.
///
/// # Errors
///
/// See [`SchemaError`]; web cannot serve with this schema. `Unavailable` is not returned.
pub(crate) async fn bring_up_to_date(app: &App) -> Result<Infallible, SchemaError> {
    let mut told = false;
    loop {
        match migrate_if_behind(&app.ledger).await {
            Ok(()) => {
                app.schema.send_replace(true);
                return Ok(future::pending().await);
            }
            Err(SchemaError::Unavailable(error)) => {
                if !told {
                    tracing::warn!(%error, "web waits for the database; until then it answers 503");
                    told = true;
                }
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
        SchemaState::Behind | SchemaState::Absent => {
            tracing::info!("the schema is brought up to date; until then web answers 503");
            ledger.migrate().await
        }
    }
}

/// Lets a request wait until the schema is up to date, for as long as a webhook may wait for the
/// database. If that takes longer, the answer is 503: Twilio and browsers try again.
pub(crate) async fn wait(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let mut schema = app.schema.subscribe();
    let up_to_date = schema.wait_for(|up_to_date| *up_to_date);
    let patience = app.config.limits.receive_timeout;
    // The sender lives as long as the app, so only the time can run out.
    let is_up_to_date = tokio::time::timeout(patience, up_to_date).await.is_ok();
    if is_up_to_date {
        return next.run(request).await;
    }
    let page = Page::something_went_wrong();
    let mut response = app.show_plain(&page, StatusCode::SERVICE_UNAVAILABLE);
    let soon = HeaderValue::from_static("1");
    response.headers_mut().insert(header::RETRY_AFTER, soon);
    response
}
