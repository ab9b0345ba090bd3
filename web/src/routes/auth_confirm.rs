//! `POST /auth/confirm`: the buttons on the page that a browser gets that did not begin the sign-in.

use std::sync::Arc;

use axum::{
    Form,
    extract::{State, rejection::FormRejection},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use birdcall_domain::authorization::SignInFailure;
use birdcall_ledger::{LedgerResult, authorizations::secret_hash};
use serde::Deserialize;

use crate::{
    pages::{DECLINE, Page},
    same_origin::comes_from_our_pages,
    sign_in::SignIn,
    state::App,
};

/// The form. Its key is in that page alone, so no other page can send it.
#[derive(Default, Deserialize)]
pub(crate) struct Confirmation {
    #[serde(default)]
    key: String,
    #[serde(default)]
    decision: String,
}

pub(crate) async fn confirm_sign_in(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    form: Result<Form<Confirmation>, FormRejection>,
) -> Response {
    if !comes_from_our_pages(&headers, &app.config.public_url) {
        return app.show_plain(&Page::not_from_here(), StatusCode::FORBIDDEN);
    }
    let form = form.map(|Form(form)| form).unwrap_or_default();
    match confirm(&app, &form).await {
        Ok(page) => page,
        Err(error) => {
            tracing::error!(%error, "a sign-in could not be confirmed");
            let page = Page::something_went_wrong();
            app.show_plain(&page, StatusCode::SERVICE_UNAVAILABLE)
        }
    }
}

async fn confirm(app: &App, form: &Confirmation) -> LedgerResult<Response> {
    let now = app.now();
    let confirm_hash = secret_hash(&form.key);
    let granted = app.ledger.grant_to_confirm(&confirm_hash, now).await?;
    let Some((granted, phone)) = granted.and_then(|granted| {
        let phone = granted.phone.clone()?;
        Some((granted, phone))
    }) else {
        return Ok(app.show_plain(&Page::confirmation_over(), StatusCode::GONE));
    };
    let grant = &granted.grant;
    let sign_in = SignIn {
        hash: &grant.state_hash,
        phone: &phone,
        link_issued_at: granted.link_issued_at,
        began_here: false,
    };
    let obstacle = match form.decision.as_str() {
        DECLINE => Some(SignInFailure::Declined),
        _ => app.obstacle(sign_in).await?,
    };
    // Of two that press the button, one goes on. What is not linked then is revoked at X by the sweep.
    let confirmed = obstacle.is_none();
    let used = app
        .ledger
        .use_confirmation(&confirm_hash, confirmed, now)
        .await?;
    match obstacle {
        _ if !used => Ok(app.show_plain(&Page::confirmation_over(), StatusCode::GONE)),
        Some(why) => app.fail(sign_in, why).await,
        None => app.link(sign_in, grant).await,
    }
}
