//! `POST /auth/start`: the button. Makes state and PKCE verifier and sends the browser to X.

use std::sync::Arc;

use axum::{
    Form,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use birdcall_ledger::authorizations::state_hash;
use secrecy::SecretString;

use super::auth_page::LinkQuery;
use crate::{pages::Page, state::App};

/// Bytes of randomness in the state (X takes up to 500 characters).
const STATE_BYTES: usize = 24;
/// 48 bytes are 64 characters: RFC 7636 wants 43 to 128.
const VERIFIER_BYTES: usize = 48;
/// Names the sign-in to the browser that began it, for when X brings back a state that is not ours.
pub(crate) const COOKIE: &str = "birdcall_sign_in";

pub(crate) async fn start(State(app): State<Arc<App>>, Form(link): Form<LinkQuery>) -> Response {
    let now = app.now();
    let Some((phone, _)) = link.check(&app, now) else {
        return Page::link_refused().with(StatusCode::FORBIDDEN);
    };
    let state = app.random.token(STATE_BYTES);
    let hash = state_hash(&state);
    let verifier = SecretString::from(app.random.token(VERIFIER_BYTES));
    let sealed = app.vault.seal(&verifier, &hash);
    let ttl = app.config.limits.sign_in_ttl;
    if let Err(error) = app
        .ledger
        .begin_authorization(&hash, &phone, &sealed, now, now + ttl)
        .await
    {
        tracing::error!(%error, "a sign-in can't be begun");
        return Page::out_of_order().with(StatusCode::SERVICE_UNAVAILABLE);
    }
    tracing::info!(?phone, "sign-in begun");
    let secure = if app.config.public_url.is_https() {
        "; Secure"
    } else {
        ""
    };
    let path = format!("{}/auth", app.config.public_url.prefix());
    let cookie = format!(
        "{COOKIE}={hash}; Path={path}; Max-Age={}; HttpOnly; SameSite=Lax{secure}",
        ttl.as_secs()
    );
    let redirect = Redirect::to(&app.x.authorize_url(&state, &verifier));
    ([(header::SET_COOKIE, cookie)], redirect).into_response()
}
