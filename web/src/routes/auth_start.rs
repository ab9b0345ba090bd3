//! `POST /auth/start`: the button on the page. It starts a sign-in and sends the browser to X.

use std::sync::Arc;

use axum::{
    Form,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use birdcall_ledger::authorizations::state_hash;
use secrecy::SecretString;

use super::auth_page::SignInLink;
use crate::{pages::Page, state::App};

/// How many random bytes the `state` has. X allows 500 characters, and these are 32.
const STATE_BYTES: usize = 24;
/// How many random bytes the PKCE verifier has. RFC 7636 allows 43 to 128 characters, and these are
/// 64.
const VERIFIER_BYTES: usize = 48;
/// The cookie that names the sign-in which this browser started last. It is needed if X sends the
/// browser back with a `state` that is not ours.
pub(crate) const SIGN_IN_COOKIE: &str = "birdcall_sign_in";

pub(crate) async fn start_sign_in(
    State(app): State<Arc<App>>,
    Form(link): Form<SignInLink>,
) -> Response {
    let now = app.now();
    let Some((phone, _)) = link.check(&app, now) else {
        return Page::link_refused().with_status(StatusCode::FORBIDDEN);
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
        tracing::error!(%error, "a sign-in could not be started");
        return Page::something_went_wrong().with_status(StatusCode::SERVICE_UNAVAILABLE);
    }
    tracing::info!(?phone, "a sign-in was started");
    let secure = if app.config.public_url.is_https() {
        "; Secure"
    } else {
        ""
    };
    let path = format!("{}/auth", app.config.public_url.prefix());
    let cookie = format!(
        "{SIGN_IN_COOKIE}={hash}; Path={path}; Max-Age={}; HttpOnly; SameSite=Lax{secure}",
        ttl.as_secs()
    );
    let redirect = Redirect::to(&app.x.authorize_url(&state, &verifier));
    ([(header::SET_COOKIE, cookie)], redirect).into_response()
}
