//! `POST /twilio/status`: Twilio reports what became of one of our replies. Reports may be repeated
//! or out of order. A report about an unknown sid is recorded too, because the reply that it is about
//! may not be settled yet.

use std::sync::Arc;

use axum::extract::{Query, State};
use serde::Deserialize;

use crate::{error::WebhookError, signed::Signed, state::App};

/// The query of the callback's URL.
#[derive(Deserialize)]
pub(crate) struct StatusQuery {
    /// The id of the reply that was sent with this callback URL.
    reply: Option<String>,
}

pub(crate) async fn take_status(
    State(app): State<Arc<App>>,
    Query(query): Query<StatusQuery>,
    Signed(form): Signed,
) -> Result<(), WebhookError> {
    let update = birdcall_vendors::twilio::webhook::read_status(&form)?;
    let new = app
        .ledger
        .record_delivery(&update, query.reply.as_deref(), app.now())
        .await?;
    if new {
        metrics::counter!("birdcall_deliveries_total", "status" => update.status.clone())
            .increment(1);
    }
    tracing::debug!(
        twilio.sid = update.sid,
        status = update.status,
        new,
        "a delivery report was received"
    );
    Ok(())
}
