//! A form that Twilio has signed.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{FromRequest, OriginalUri, Request},
    http::StatusCode,
};
use birdcall_vendors::twilio::{signature::verify, webhook::Form};

use crate::{error::AppError, state::App};

/// A form whose signature was checked against the configured address and the raw query.
pub(crate) struct Signed(pub(crate) Form);

impl FromRequest<Arc<App>> for Signed {
    type Rejection = AppError;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, AppError> {
        let signature = request
            .headers()
            .get("x-twilio-signature")
            .ok_or(AppError::SignatureMissing)?;
        let signature = signature
            .to_str()
            .map_err(|_| AppError::SignatureWrong)?
            .to_owned();
        let uri = match request.extensions().get::<OriginalUri>() {
            Some(OriginalUri(uri)) => uri.clone(),
            None => request.uri().clone(),
        };
        let body = Bytes::from_request(request, app)
            .await
            .map_err(|rejection| AppError::Body(body_status(rejection.status())))?;
        let form = Form::parse(&body);
        let public_url = &app.config.public_url;
        // Never from Host or X-Forwarded-*: what stands there is whoever asks.
        let path = uri
            .path()
            .strip_prefix(public_url.prefix())
            .unwrap_or(uri.path());
        let url = match uri.query() {
            Some(query) => public_url.join(&format!("{path}?{query}")),
            None => public_url.join(path),
        };
        if verify(
            &app.config.twilio.auth_token,
            &url,
            form.pairs(),
            &signature,
        ) {
            Ok(Self(form))
        } else {
            metrics::counter!("birdcall_signatures_refused_total").increment(1);
            Err(AppError::SignatureWrong)
        }
    }
}

fn body_status(status: StatusCode) -> StatusCode {
    if status == StatusCode::PAYLOAD_TOO_LARGE {
        status
    } else {
        StatusCode::BAD_REQUEST
    }
}
