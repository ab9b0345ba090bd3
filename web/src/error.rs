//! What a request can end in: the only place with status codes. The source goes to the log.

use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use birdcall_ledger::LedgerError;
use birdcall_vendors::twilio::webhook::Malformed;
use thiserror::Error;

/// What a request can end in.
#[derive(Debug, Error)]
pub(crate) enum AppError {
    /// No `X-Twilio-Signature`.
    #[error("the X-Twilio-Signature header is missing")]
    SignatureMissing,
    /// Not signed with our auth token over our public URL.
    #[error(
        "the signature does not match: check TWILIO_AUTH_TOKEN (the primary one) and that PUBLIC_URL is the \
         address that Twilio is told, to the letter"
    )]
    SignatureWrong,
    /// Signed, but not what Twilio sends.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// The body can't be read, or is larger than `BODY_BYTES_MAX`.
    #[error("the body can't be read")]
    Body(StatusCode),
    /// Not committed: Twilio must try again.
    #[error("the database is not available")]
    Ledger(#[from] LedgerError),
    /// Not committed within `RECEIVE_TIMEOUT`.
    #[error("the database did not commit in time")]
    TooSlow,
}

impl AppError {
    fn status(&self) -> StatusCode {
        match self {
            Self::SignatureMissing | Self::Malformed(_) => StatusCode::BAD_REQUEST,
            Self::SignatureWrong => StatusCode::FORBIDDEN,
            Self::Body(status) => *status,
            Self::Ledger(_) | Self::TooSlow => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        let status = self.status();
        match &self {
            Self::Ledger(source) => tracing::error!(%source, "a request was answered 503"),
            other => {
                tracing::warn!(reason = %other, status = status.as_u16(), "a request was refused")
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
