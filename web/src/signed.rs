//! How a request proves that it comes from Twilio.

use std::sync::{Arc, atomic::Ordering};

use axum::{
    body::Bytes,
    extract::{FromRequest, OriginalUri, Request},
    http::{StatusCode, uri::PathAndQuery},
};
use birdcall_vendors::twilio::{signature::verify, webhook::Form};

use crate::{error::WebhookError, state::App};

/// A form that Twilio has signed. The signature was checked for `PUBLIC_URL` with the path and the
/// query of the request.
pub(crate) struct Signed(pub(crate) Form);

impl FromRequest<Arc<App>> for Signed {
    type Rejection = WebhookError;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, WebhookError> {
        let signature = request
            .headers()
            .get("x-twilio-signature")
            .ok_or(WebhookError::SignatureMissing)?;
        let signature = signature
            .to_str()
            .map_err(|_| WebhookError::SignatureWrong)?
            .to_owned();
        let uri = match request.extensions().get::<OriginalUri>() {
            Some(OriginalUri(uri)) => uri.clone(),
            None => request.uri().clone(),
        };
        let body = Bytes::from_request(request, app)
            .await
            .map_err(|rejection| match rejection.status() {
                StatusCode::PAYLOAD_TOO_LARGE => WebhookError::BodyTooLarge,
                _ => WebhookError::BodyUnreadable,
            })?;
        let form = Form::parse(&body);
        // The address never depends on Host or X-Forwarded-*, because anybody can send those.
        let path = uri.path_and_query().map_or("/", PathAndQuery::as_str);
        let addresses = app.config.public_url.addresses(path);
        let token = &app.config.twilio.auth_token;
        let is_signed = |url: &String| verify(token, url, form.pairs(), &signature);
        if addresses.iter().any(is_signed) {
            Ok(Self(form))
        } else {
            app.signatures_refused.fetch_add(1, Ordering::Relaxed);
            Err(WebhookError::SignatureWrong)
        }
    }
}
