//! Why a webhook is not accepted, and the status with which Twilio is told.

use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use birdcall_common::telemetry::LineLimit;
use birdcall_ledger::LedgerError;
use birdcall_vendors::twilio::webhook::Refused;
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
    /// The request is signed, but it is not for us, or it is not what Twilio documents.
    #[error(transparent)]
    Refused(#[from] Refused),
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
            Self::SignatureWrong => StatusCode::FORBIDDEN,
            Self::Refused(why) if why.is_misdirected() => StatusCode::FORBIDDEN,
            Self::SignatureMissing | Self::Refused(_) | Self::BodyUnreadable => {
                StatusCode::BAD_REQUEST
            }
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Ledger(_) | Self::TooSlow => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// Counts it, by its reason.
    fn count(&self) {
        let reason = match self {
            Self::SignatureMissing => return count_signature("missing"),
            Self::SignatureWrong => return count_signature("wrong"),
            Self::Refused(why) => why.reason(),
            Self::BodyUnreadable => "body_unreadable",
            Self::BodyTooLarge => "body_too_large",
            Self::Ledger(_) => "database",
            Self::TooSlow => "too_slow",
        };
        metrics::counter!("birdcall_webhooks_refused_total", "reason" => reason).increment(1);
    }

    /// Logs it, but not each one: anybody can send requests that are refused.
    fn log(&self, status: StatusCode) {
        static NOT_ACCEPTED: LineLimit = LineLimit::new();
        static NOT_COMMITTED: LineLimit = LineLimit::new();
        match self {
            Self::Ledger(source) => {
                if let Some(more) = NOT_COMMITTED.admit() {
                    tracing::error!(%source, more, "a webhook was answered 503, because it could not be committed");
                }
            }
            other => {
                if let Some(more) = NOT_ACCEPTED.admit() {
                    tracing::warn!(reason = %other, status = status.as_u16(), more, "a webhook was not accepted");
                }
            }
        }
    }
}

fn count_signature(reason: &'static str) {
    metrics::counter!("birdcall_signatures_refused_total", "reason" => reason).increment(1);
}

impl IntoResponse for WebhookError {
    fn into_response(self) -> Response {
        let status = self.status();
        self.count();
        self.log(status);
        let mut response = (status, format!("{self}\n")).into_response();
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, header::HeaderValue::from_static("1"));
        }
        response
    }
}
