//! `POST /twilio/status`: what became of one of our texts. Unordered and repeated arrivals are
//! fine; an unknown sid is recorded too, since its reply may not be settled yet.

use std::sync::Arc;

use axum::extract::{Query, State};
use serde::Deserialize;

use crate::{error::AppError, signed::Signed, state::App};

#[derive(Deserialize)]
pub(crate) struct Callback {
    /// The reply that the callback was asked for with.
    reply: Option<String>,
}

pub(crate) async fn receive(
    State(app): State<Arc<App>>,
    Query(callback): Query<Callback>,
    Signed(form): Signed,
) -> Result<(), AppError> {
    let update = birdcall_vendors::twilio::webhook::read_status(&form)?;
    let new = app
        .ledger
        .record_delivery(&update, callback.reply.as_deref(), app.now())
        .await?;
    if new {
        metrics::counter!("birdcall_deliveries_total", "status" => update.status.clone())
            .increment(1);
    }
    tracing::debug!(
        twilio.sid = update.sid,
        status = update.status,
        new,
        "delivery status"
    );
    Ok(())
}
