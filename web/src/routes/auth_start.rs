//! `POST /auth/start`: the button on the page. It starts a sign-in and sends the browser to X.

use std::sync::Arc;

use axum::{
    Form,
    extract::{State, rejection::FormRejection},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use birdcall_domain::{authorization::SignInFailure, clock::Timestamp, phone::Phone};
use birdcall_ledger::{
    LedgerResult,
    authorizations::{NewAuthorization, secret_hash},
};
use secrecy::SecretString;

use super::auth_page::SignInLink;
use crate::{
    cookies::{SECRET_BYTES, SIGN_IN},
    pages::Page,
    same_origin::comes_from_our_pages,
    sign_in::SignIn,
    state::App,
};

/// How many random bytes the `state` has. X allows 500 characters, and these are 32.
const STATE_BYTES: usize = 24;
/// How many random bytes the PKCE verifier has. RFC 7636 allows 43 to 128 characters, and these are
/// 64.
const VERIFIER_BYTES: usize = 48;

/// `GET /auth/start`: a person loads the address of the button.
pub(crate) async fn show_only_a_button(State(app): State<Arc<App>>) -> Response {
    app.show_plain(&Page::only_a_button(), StatusCode::OK)
}

pub(crate) async fn start_sign_in(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    link: Result<Form<SignInLink>, FormRejection>,
) -> Response {
    if !comes_from_our_pages(&headers, &app.config.public_url) {
        return app.show_plain(&Page::not_from_here(), StatusCode::FORBIDDEN);
    }
    let link = link.map(|Form(link)| link).unwrap_or_default();
    let Some((phone, issued_at)) = link.check(&app, app.now()) else {
        return app.show_plain(&Page::link_refused(), StatusCode::FORBIDDEN);
    };
    match start(&app, &phone, issued_at).await {
        Ok(response) => response,
        Err(error) => {
            tracing::error!(%error, "a sign-in could not be started");
            let token = &link.token;
            let link = birdcall_common::link::sign_in_link(&app.config.public_url, &phone, token);
            let page = Page::something_went_wrong().try_again(link);
            app.show_plain(&page, StatusCode::SERVICE_UNAVAILABLE)
        }
    }
}

async fn start(app: &App, phone: &Phone, issued_at: Timestamp) -> LedgerResult<Response> {
    let sign_in = SignIn {
        hash: "",
        phone,
        link_issued_at: Some(issued_at),
        began_here: false,
    };
    match app.obstacle(sign_in).await? {
        None => {}
        Some(SignInFailure::NotAllowed) => {
            let page = Page::not_allowed(phone);
            return Ok(app.show(page, Some(phone), StatusCode::FORBIDDEN).await);
        }
        Some(_) => return Ok(refuse_link(app, phone).await),
    }
    let now = app.now();
    let state = app.random.token(STATE_BYTES);
    let hash = secret_hash(&state);
    let cookie = app.random.token(SECRET_BYTES);
    let verifier = SecretString::from(app.random.token(VERIFIER_BYTES));
    let ttl = app.config.limits.sign_in_ttl;
    let new = NewAuthorization {
        state_hash: &hash,
        phone,
        link_issued_at: issued_at,
        browser_hash: &secret_hash(&cookie),
        verifier: &app.vault.seal(&verifier, &hash),
        expires_at: now + ttl,
    };
    if !app.ledger.begin_authorization(new, now).await? {
        return Ok(refuse_link(app, phone).await);
    }
    tracing::info!(?phone, "a sign-in was started");
    let cookie = SIGN_IN.set(&hash, &cookie, ttl, &app.config.public_url);
    let redirect = Redirect::to(&app.x.authorize_url(&state, &verifier));
    Ok(([(header::SET_COOKIE, cookie)], redirect).into_response())
}

async fn refuse_link(app: &App, phone: &Phone) -> Response {
    app.show(Page::link_refused(), Some(phone), StatusCode::FORBIDDEN)
        .await
}
