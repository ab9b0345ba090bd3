//! Why a webhook is not accepted, and the status with which Twilio is told.

use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use birdcall_ledger::LedgerError;
use birdcall_vendors::twilio::webhook::Malformed;
use thiserror::Error;

/// Why a webhook is not accepted. The words are the body of the answer, for the operator who looks at
/// Twilio's log.
#[derive(Debug, Error)]
pub(crate) enum WebhookError {
    /// The request does not say that it comes from Twilio.
    #[error("the X-Twilio-Signature header is missing")]
    SignatureMissing,
    /// The request was not signed with our auth token, or not for our public URL.
    #[error(
        "the signature does not match: check that TWILIO_AUTH_TOKEN is the primary auth token, and that \
         PUBLIC_URL is exactly the address that Twilio calls"
    )]
    SignatureWrong,
    /// The request is signed, but it is not what Twilio documents.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// The body broke off, for example.
    #[error("the body cannot be read")]
    BodyUnreadable,
    /// By default, the limit is far above what Twilio sends.
    #[error("the body is larger than BODY_BYTES_MAX")]
    BodyTooLarge,
    /// The webhook was not committed, so Twilio must try again. The cause goes to the log.
    #[error("the database is not available")]
    Ledger(#[from] LedgerError),
    /// The webhook was not committed within `RECEIVE_TIMEOUT`, so Twilio must try again.
    #[error("the database did not commit in time")]
    TooSlow,
}

impl WebhookError {
    fn status(&self) -> StatusCode {
        match self {
            Self::SignatureMissing | Self::Malformed(_) | Self::BodyUnreadable => {
                StatusCode::BAD_REQUEST
            }
            Self::SignatureWrong => StatusCode::FORBIDDEN,
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Ledger(_) | Self::TooSlow => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

impl IntoResponse for WebhookError {
    fn into_response(self) -> Response {
        let status = self.status();
        match &self {
            Self::Ledger(source) => {
                tracing::error!(%source, "a webhook was answered 503, because it could not be committed")
            }
            other => {
                tracing::warn!(reason = %other, status = status.as_u16(), "a webhook was not accepted")
            }
        }
        let mut response = (status, format!("{self}\n")).into_response();
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, header::HeaderValue::from_static("1"));
        }
        response
    }
}
