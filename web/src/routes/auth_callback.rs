//! `GET /auth/callback`: X sends the browser back. The person sees a page and the phone gets a reply,
//! whether the sign-in worked or not.

use std::sync::Arc;

use axum::{
    extract::{Query, State, rejection::QueryRejection},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
};
use birdcall_common::tokens::{Moment, seal_pair};
use birdcall_domain::{
    account::AccountState,
    authorization::{Callback, SignInEnd, SignInFailure, Stage, Step, decide, scopes_suffice},
};
use birdcall_ledger::{
    LedgerResult,
    authorizations::{Authorization, secret_hash},
    grants::Grant,
};
use birdcall_vendors::x::users::XUser;
use serde::Deserialize;

use crate::{
    cookies::{CONFIRM, SECRET_BYTES, SIGN_IN},
    pages::Page,
    sign_in::{SignIn, report, status_of},
    state::App,
};

/// What X adds to the callback URL: `state`, and either `code` or `error` (RFC 6749, 4.1.2).
#[derive(Default, Deserialize)]
pub(crate) struct CallbackQuery {
    state: Option<String>,
    code: Option<String>,
    error: Option<String>,
}

pub(crate) async fn finish_sign_in(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    query: Result<Query<CallbackQuery>, QueryRejection>,
) -> Response {
    // A query that cannot be read, for example because a parameter comes twice, names no sign-in.
    let query = query.map(|Query(query)| query).unwrap_or_default();
    match take_answer(&app, &headers, query).await {
        Ok(page) => page,
        Err(error) => {
            tracing::error!(%error, "a sign-in could not be finished");
            let page = Page::something_went_wrong().try_again("");
            app.show_plain(&page, StatusCode::SERVICE_UNAVAILABLE)
        }
    }
}

/// Takes X's answer: links the number, asks this browser to confirm it, or tells the person why not. All of
/// it ends in a page.
async fn take_answer(
    app: &App,
    headers: &HeaderMap,
    query: CallbackQuery,
) -> LedgerResult<Response> {
    let now = app.now();
    let hash = secret_hash(query.state.as_deref().unwrap_or_default());
    let callback = Callback {
        code: query.code,
        error: query.error,
    };
    let Some(known) = app.ledger.use_authorization(&hash, now).await? else {
        return explain_unknown(app, headers).await;
    };
    let browser = SIGN_IN
        .get(headers, &hash)
        .map(|secret| secret_hash(&secret));
    let sign_in = SignIn {
        hash: &hash,
        phone: &known.phone,
        link_issued_at: known.link_issued_at,
        began_here: browser.is_some() && browser == known.browser_hash,
    };
    match decide(&callback, Some(known.pending), now) {
        Step::Exchange(code) => match get_grant(app, sign_in, &known, code).await? {
            Ok(grant) if sign_in.began_here => app.link(sign_in, &grant).await,
            Ok(grant) => ask_to_confirm(app, sign_in, &grant).await,
            Err(why) => app.fail(sign_in, why).await,
        },
        Step::Fail(why) => app.fail(sign_in, why).await,
        Step::Show(Stage::Ended(SignInEnd::Linked)) => show_linked(app, &known).await,
        Step::Show(Stage::Ended(SignInEnd::Failed(why))) => app.explain(sign_in, why).await,
        Step::Show(Stage::Confirming) => show_confirmation(app, headers, sign_in).await,
        Step::Show(Stage::Open | Stage::UnderWay) => {
            let (page, phone) = (Page::under_way(), Some(sign_in.phone));
            Ok(app.show(page, phone, StatusCode::ACCEPTED).await)
        }
    }
}

/// Exchanges the code for tokens, and asks X whose they are. X accepts a code for only 30 seconds.
async fn get_grant(
    app: &App,
    sign_in: SignIn<'_>,
    known: &Authorization,
    code: &str,
) -> LedgerResult<Result<Grant, SignInFailure>> {
    if let Some(why) = app.obstacle(sign_in).await? {
        return Ok(Err(why));
    }
    let Ok(verifier) = app.vault.open(&known.verifier, sign_in.hash) else {
        return Ok(Err(SignInFailure::Malformed));
    };
    let pair = match app.x.exchange(code, &verifier).await {
        Ok(pair) => pair,
        Err(why) => return Ok(Err(why)),
    };
    // If X does not say now whose account it is, the worker asks again with the first text.
    let user = match app.x.me(&pair.access_token).await {
        Ok(user) => user,
        Err(error) => {
            tracing::warn!(%error, "X did not say whose account this is, so the number is linked without a handle");
            XUser {
                id: String::new(),
                username: String::new(),
            }
        }
    };
    let account_id = app.random.id();
    let moment = Moment {
        now: app.now(),
        margin: app.config.limits.refresh_margin,
        unit: app.random.unit(),
    };
    let grant = Grant {
        pair: seal_pair(&app.vault, &account_id, &pair, moment),
        account_id,
        state_hash: sign_in.hash.to_owned(),
        x_user_id: user.id,
        x_handle: user.username,
    };
    let granted = pair.scopes.as_deref();
    if granted.is_some_and(|granted| !scopes_suffice(granted)) {
        app.give_back(&grant).await?;
        return Ok(Err(SignInFailure::ScopeMissing));
    }
    Ok(Ok(grant))
}

/// Another browser began the sign-in, so perhaps another person did: the one who is here decides.
async fn ask_to_confirm(app: &App, sign_in: SignIn<'_>, grant: &Grant) -> LedgerResult<Response> {
    let (now, ttl) = (app.now(), app.config.limits.sign_in_ttl);
    let key = app.random.token(SECRET_BYTES);
    let confirm_hash = secret_hash(&key);
    let kept = app.ledger.keep_grant(grant, &confirm_hash, now + ttl, now);
    kept.await?;
    tracing::info!(phone = ?sign_in.phone, "a sign-in has to be confirmed, because another browser began it");
    let mut response = confirm_page(app, sign_in, &grant.x_handle, &key).await;
    let cookie = CONFIRM.set(sign_in.hash, &key, ttl, &app.config.public_url);
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

async fn confirm_page(app: &App, sign_in: SignIn<'_>, handle: &str, key: &str) -> Response {
    let action = format!("{}/auth/confirm", app.config.public_url.prefix());
    let page = Page::confirm(sign_in.phone, handle, action, key);
    app.show(page, Some(sign_in.phone), StatusCode::OK).await
}

/// The sign-in worked, and the page is loaded again.
async fn show_linked(app: &App, known: &Authorization) -> LedgerResult<Response> {
    let phone = &known.phone;
    let account = app.ledger.account_of(phone).await?;
    let page = match account {
        Some(account)
            if account.state == AccountState::Active
                && known.account_id.as_ref() == Some(&account.id) =>
        {
            Page::linked(phone, &account.x_handle)
        }
        _ => Page::was_linked(phone),
    };
    Ok(app.show(page, Some(phone), StatusCode::OK).await)
}

/// Only the browser that got the page before gets it again: another may be that of the person who sent the
/// link.
async fn show_confirmation(
    app: &App,
    headers: &HeaderMap,
    sign_in: SignIn<'_>,
) -> LedgerResult<Response> {
    if let Some(key) = CONFIRM.get(headers, sign_in.hash) {
        let granted = app
            .ledger
            .grant_to_confirm(&secret_hash(&key), app.now())
            .await?;
        if let Some(granted) = granted
            && granted.grant.state_hash == sign_in.hash
        {
            return Ok(confirm_page(app, sign_in, &granted.grant.x_handle, &key).await);
        }
    }
    let page = Page::confirmed_elsewhere();
    Ok(app.show_plain(&page, StatusCode::CONFLICT))
}

/// A state that is not ours does not name a phone, but a sign-in that this browser began may.
async fn explain_unknown(app: &App, headers: &HeaderMap) -> LedgerResult<Response> {
    let why = SignInFailure::UnknownState;
    report(why);
    let mut phone = None;
    for secret in SIGN_IN.all(headers) {
        let browser = secret_hash(&secret);
        phone = app.ledger.phone_signing_in(&browser).await?;
        if let Some(phone) = &phone {
            let id = format!("sign_in_unknown:{browser}");
            app.text_failure(id, phone, why).await?;
            break;
        }
    }
    let page = Page::sign_in_failed(why, phone.as_ref());
    Ok(app.show(page, phone.as_ref(), status_of(why)).await)
}
