//! `POST /twilio/status`: Twilio reports what became of one of our replies. Reports may be repeated
//! or out of order. A report about an unknown sid is recorded too, because the reply that it is about
//! may not be settled yet.

use std::sync::Arc;

use axum::extract::{Query, State};
use birdcall_domain::reply::Delivery;
use birdcall_vendors::twilio::webhook::{Refused, read_status};
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
    let update = read_status(&form, &app.config.twilio)?;
    if !query.reply.as_deref().is_none_or(is_reply_id) {
        return Err(Refused::Malformed("reply").into());
    }
    let new = app
        .door
        .record_delivery(&update, query.reply.as_deref(), app.now())
        .await?;
    if new {
        // A word that Twilio has added since is no label of its own.
        let status = Delivery::parse(&update.status).map_or("other", Delivery::as_str);
        metrics::counter!("birdcall_deliveries_total", "status" => status).increment(1);
    }
    tracing::debug!(
        twilio.sid = update.sid,
        status = update.status,
        new,
        "a delivery report was received"
    );
    Ok(())
}

/// Whether `id` can be the id of a reply, as we write it into the address of the callback.
fn is_reply_id(id: &str) -> bool {
    const LETTERS_MAX: usize = 200;
    id.len() <= LETTERS_MAX && id.bytes().all(|b| b.is_ascii_graphic())
}
