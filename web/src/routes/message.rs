//! `POST /twilio/message`: Twilio delivers a text. It is answered once the text is committed.

use std::sync::Arc;

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use birdcall_ledger::take_in::Receipt;

use crate::{error::WebhookError, signed::Signed, state::App};

/// Twilio sends the person nothing because of this answer. Replies are sent later, through Twilio's
/// API.
const NO_REPLY: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response/>";

pub(crate) async fn take_message(
    State(app): State<Arc<App>>,
    Signed(form): Signed,
) -> Result<Response, WebhookError> {
    let text = birdcall_vendors::twilio::webhook::read_inbound(&form, &app.config.twilio)?;
    let sid = text.sid.to_string();
    let received = tokio::time::timeout(app.config.limits.receive_timeout, app.inbox.receive(text));
    let receipt = received.await.map_err(|_| WebhookError::TooSlow)??;
    let kind = match receipt {
        Receipt::New(disposition) => disposition.kind().as_str(),
        Receipt::Known => "known",
    };
    metrics::counter!("birdcall_texts_received_total", "kind" => kind).increment(1);
    tracing::info!(text.sid = sid, kind, "a text was received");
    Ok((
        [(header::CONTENT_TYPE, "text/xml; charset=utf-8")],
        NO_REPLY,
    )
        .into_response())
}
