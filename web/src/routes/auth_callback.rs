//! `GET /auth/callback`: X sends the browser back. A page and a text, either way.

use std::sync::Arc;

use axum::{
    extract::{Query, State},
    http::{HeaderMap, StatusCode, header},
    response::Response,
};
use birdcall_common::tokens::{Moment, seal_pair};
use birdcall_domain::{
    authorization::{Callback, SignInFailure, decide, scopes_suffice},
    clock::Timestamp,
    phone::Phone,
    reply::Sentence,
};
use birdcall_ledger::{
    LedgerError, LedgerResult,
    accounts::Link,
    authorizations::{Authorization, state_hash},
};
use birdcall_vendors::x::posts::XUser;
use serde::Deserialize;

use super::auth_start::COOKIE;
use crate::{pages::Page, state::App};

/// Bytes of randomness in an account's id.
const ACCOUNT_ID_BYTES: usize = 12;

#[derive(Deserialize)]
pub(crate) struct CallbackQuery {
    state: Option<String>,
    code: Option<String>,
    error: Option<String>,
}

pub(crate) async fn receive(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Query(query): Query<CallbackQuery>,
) -> Response {
    let hash = state_hash(query.state.as_deref().unwrap_or_default());
    let callback = Callback {
        code: query.code,
        error: query.error,
    };
    match sign_in(&app, &hash, &callback, browser_sign_in(&headers)).await {
        Ok(page) => page,
        Err(error) => {
            tracing::error!(%error, "a sign-in needs the database");
            Page::out_of_order().with(StatusCode::SERVICE_UNAVAILABLE)
        }
    }
}

async fn sign_in(
    app: &App,
    hash: &str,
    callback: &Callback,
    browser: Option<&str>,
) -> Result<Response, LedgerError> {
    let now = app.now();
    let row = app.ledger.use_authorization(hash, now).await?;
    let code = match decide(callback, row.as_ref().map(|row| row.pending), now) {
        Ok(code) => code,
        Err(why) => return refuse(app, why, hash, row.as_ref(), browser, now).await,
    };
    let Some(row) = row.as_ref() else {
        return refuse(app, SignInFailure::UnknownState, hash, None, browser, now).await;
    };
    match exchange(app, hash, row, code).await? {
        Ok((phone, user)) => Ok(Page::linked(&phone, &user.username).with(StatusCode::OK)),
        Err(why) => refuse(app, why, hash, Some(row), browser, now).await,
    }
}

/// Exchanges the code before anything slow: X takes it for 30 seconds.
async fn exchange(
    app: &App,
    hash: &str,
    row: &Authorization,
    code: &str,
) -> LedgerResult<Result<(Phone, XUser), SignInFailure>> {
    let phone = row.phone.clone();
    let Ok(verifier) = app.vault.open(&row.verifier, hash) else {
        return Ok(Err(SignInFailure::Malformed));
    };
    let pair = match app.x.exchange(code, &verifier).await {
        Ok(pair) => pair,
        Err(why) => return Ok(Err(why)),
    };
    if pair
        .scopes
        .as_deref()
        .is_some_and(|granted| !scopes_suffice(granted))
    {
        return Ok(Err(SignInFailure::ScopeMissing));
    }
    // Who it is, is asked for once more with the first text if X does not say now.
    let user = match app.x.me(&pair.access_token).await {
        Ok(user) => user,
        Err(error) => {
            tracing::warn!(%error, "linked without knowing the X account's name");
            XUser {
                id: String::new(),
                username: String::new(),
            }
        }
    };
    let now = app.now();
    let id = app.random.token(ACCOUNT_ID_BYTES);
    let margin = app.config.limits.refresh_margin;
    let sealed = seal_pair(
        &app.vault,
        &id,
        &pair,
        Moment {
            now,
            margin,
            unit: app.random.unit(),
        },
    );
    let sentence = Sentence::Linked {
        handle: user.username.clone(),
    };
    let link = Link {
        id: &id,
        phone: &phone,
        pair: &sealed,
        x_user_id: &user.id,
        x_handle: &user.username,
        retry_horizon: app.config.limits.retry_horizon,
        state_hash: hash,
        reply: &app.sign_in_reply(format!("sign_in:{hash}"), &phone, &sentence, now),
    };
    app.ledger.link_account(link, now).await?;
    metrics::counter!("birdcall_sign_ins_total", "outcome" => "linked").increment(1);
    tracing::info!(?phone, account.id = id, "number linked");
    Ok(Ok((phone, user)))
}

/// A page that a person understands, and a text to the phone that it concerns.
async fn refuse(
    app: &App,
    why: SignInFailure,
    hash: &str,
    row: Option<&Authorization>,
    browser: Option<&str>,
    now: Timestamp,
) -> Result<Response, LedgerError> {
    let outcome = why.as_str();
    metrics::counter!("birdcall_sign_ins_total", "outcome" => outcome).increment(1);
    tracing::info!(outcome, "sign-in failed");
    let phone = match (row, browser) {
        (Some(row), _) => Some(row.phone.clone()),
        // A state that is not ours names nobody; the browser may.
        (None, Some(browser)) => app.ledger.phone_signing_in(browser).await?,
        (None, None) => None,
    };
    if let Some(phone) = &phone {
        // One text for each kind of failure of one sign-in: pages get reloaded.
        let id = match why {
            SignInFailure::Replayed => format!("sign_in_again:{hash}"),
            SignInFailure::UnknownState => {
                format!("sign_in_unknown:{}", browser.unwrap_or_default())
            }
            _ => {
                app.ledger.finish_authorization(hash, outcome).await?;
                format!("sign_in:{hash}")
            }
        };
        app.tell(id, phone, &Sentence::SignInFailed(why), now)
            .await?;
    }
    let status = match why {
        SignInFailure::Outage => StatusCode::BAD_GATEWAY,
        SignInFailure::Denied | SignInFailure::ScopeMissing => StatusCode::FORBIDDEN,
        SignInFailure::Replayed => StatusCode::CONFLICT,
        SignInFailure::Expired => StatusCode::GONE,
        SignInFailure::UnknownState | SignInFailure::Malformed | SignInFailure::CodeRefused => {
            StatusCode::BAD_REQUEST
        }
    };
    Ok(Page::failed(why, phone.as_ref()).with(status))
}

/// The sign-in that this browser began last.
fn browser_sign_in(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get(header::COOKIE)?.to_str().ok()?;
    cookies
        .split(';')
        .find_map(|cookie| cookie.trim().strip_prefix(COOKIE)?.strip_prefix('='))
}
