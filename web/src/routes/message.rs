//! `POST /twilio/message`: an inbound text. Committed, then answered.

use std::sync::Arc;

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use birdcall_ledger::take_in::Receipt;

use crate::{error::AppError, signed::Signed, state::App};

/// Says nothing to the sender: answers go through the REST API, after the work is done.
const NO_REPLY: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response/>";

pub(crate) async fn receive(
    State(app): State<Arc<App>>,
    Signed(form): Signed,
) -> Result<Response, AppError> {
    let text = birdcall_vendors::twilio::webhook::read_inbound(&form)?;
    let sid = text.sid.to_string();
    let received = tokio::time::timeout(app.config.limits.receive_timeout, app.inbox.receive(text));
    let receipt = received.await.map_err(|_| AppError::TooSlow)??;
    let kind = match receipt {
        Receipt::New(disposition) => disposition.kind().as_str(),
        Receipt::Known => "known",
    };
    metrics::counter!("birdcall_texts_received_total", "kind" => kind).increment(1);
    tracing::info!(text.sid = sid, kind, "text received");
    Ok((
        [(header::CONTENT_TYPE, "text/xml; charset=utf-8")],
        NO_REPLY,
    )
        .into_response())
}
