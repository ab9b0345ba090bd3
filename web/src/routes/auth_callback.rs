//! `GET /auth/callback`: X sends the browser back. The person sees a page and the phone gets a reply,
//! whether the sign-in worked or not.

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
use birdcall_vendors::x::{oauth::TokenPair, users::XUser};
use serde::Deserialize;

use super::auth_start::SIGN_IN_COOKIE;
use crate::{pages::Page, state::App};

/// How many random bytes the id of an account has.
const ACCOUNT_ID_BYTES: usize = 12;

/// What X adds to the callback URL: `state`, and either `code` or `error` (RFC 6749, 4.1.2).
#[derive(Deserialize)]
pub(crate) struct CallbackQuery {
    state: Option<String>,
    code: Option<String>,
    error: Option<String>,
}

pub(crate) async fn finish_sign_in(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Query(query): Query<CallbackQuery>,
) -> Response {
    let hash = state_hash(query.state.as_deref().unwrap_or_default());
    let callback = Callback {
        code: query.code,
        error: query.error,
    };
    match link_or_explain(&app, &hash, &callback, last_hash(&headers)).await {
        Ok(page) => page,
        Err(error) => {
            tracing::error!(%error, "a sign-in could not be finished");
            Page::something_went_wrong().with_status(StatusCode::SERVICE_UNAVAILABLE)
        }
    }
}

/// Links the number, or tells the person why not. Both end in a page. `hash` names the sign-in of the
/// callback's `state`, and `last_hash` the one that this browser started last.
async fn link_or_explain(
    app: &App,
    hash: &str,
    callback: &Callback,
    last_hash: Option<&str>,
) -> Result<Response, LedgerError> {
    let now = app.now();
    let authorization = app.ledger.use_authorization(hash, now).await?;
    let authorization = authorization.as_ref();
    let code = match decide(callback, authorization.map(|known| known.pending), now) {
        Ok(code) => code,
        Err(why) => return explain_failure(app, why, hash, authorization, last_hash, now).await,
    };
    let Some(known) = authorization else {
        return explain_failure(app, SignInFailure::UnknownState, hash, None, last_hash, now).await;
    };
    match link_number(app, hash, known, code).await? {
        Ok((phone, user)) => Ok(Page::linked(&phone, &user.username).with_status(StatusCode::OK)),
        Err(why) => explain_failure(app, why, hash, authorization, last_hash, now).await,
    }
}

/// Exchanges the code for tokens and links the number. The exchange comes first, because X accepts a
/// code for only 30 seconds.
async fn link_number(
    app: &App,
    hash: &str,
    authorization: &Authorization,
    code: &str,
) -> LedgerResult<Result<(Phone, XUser), SignInFailure>> {
    let phone = authorization.phone.clone();
    let Ok(verifier) = app.vault.open(&authorization.verifier, hash) else {
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
        discard(app, &pair).await?;
        return Ok(Err(SignInFailure::ScopeMissing));
    }
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
        reply: &app.write_sign_in_reply(format!("sign_in:{hash}"), &phone, &sentence, now),
    };
    app.ledger.link_account(link, now).await?;
    metrics::counter!("birdcall_sign_ins_total", "outcome" => "linked").increment(1);
    tracing::info!(?phone, account.id = id, "a number was linked");
    Ok(Ok((phone, user)))
}

/// Notes that X has to revoke what it granted, because nobody will use it.
async fn discard(app: &App, pair: &TokenPair) -> LedgerResult<()> {
    let id = app.random.token(ACCOUNT_ID_BYTES);
    let moment = Moment {
        now: app.now(),
        margin: app.config.limits.refresh_margin,
        unit: app.random.unit(),
    };
    let sealed = seal_pair(&app.vault, &id, pair, moment);
    app.ledger.discard_pair(&id, &sealed, moment.now).await
}

/// Tells the person on a page why the sign-in failed, and the phone in a reply.
async fn explain_failure(
    app: &App,
    why: SignInFailure,
    hash: &str,
    authorization: Option<&Authorization>,
    last_hash: Option<&str>,
    now: Timestamp,
) -> Result<Response, LedgerError> {
    let outcome = why.as_str();
    metrics::counter!("birdcall_sign_ins_total", "outcome" => outcome).increment(1);
    tracing::info!(outcome, "a sign-in failed");
    let phone = match (authorization, last_hash) {
        (Some(known), _) => Some(known.phone.clone()),
        // A state that is not ours does not name a phone, but this browser's last sign-in may.
        (None, Some(last_hash)) => app.ledger.phone_signing_in(last_hash).await?,
        (None, None) => None,
    };
    if let Some(phone) = &phone {
        // Pages get reloaded, so a phone gets one reply for each kind of failure of one sign-in.
        let id = match why {
            SignInFailure::Replayed => format!("sign_in_again:{hash}"),
            SignInFailure::UnknownState => {
                format!("sign_in_unknown:{}", last_hash.unwrap_or_default())
            }
            _ => {
                app.ledger.finish_authorization(hash, outcome).await?;
                format!("sign_in:{hash}")
            }
        };
        app.send_sign_in_reply(id, phone, &Sentence::SignInFailed(why), now)
            .await?;
    }
    Ok(Page::sign_in_failed(why, phone.as_ref()).with_status(status_of(why)))
}

fn status_of(why: SignInFailure) -> StatusCode {
    match why {
        SignInFailure::Outage | SignInFailure::AppRefused => StatusCode::BAD_GATEWAY,
        SignInFailure::Denied | SignInFailure::ScopeMissing => StatusCode::FORBIDDEN,
        SignInFailure::Replayed => StatusCode::CONFLICT,
        SignInFailure::Expired => StatusCode::GONE,
        SignInFailure::UnknownState | SignInFailure::Malformed | SignInFailure::CodeRefused => {
            StatusCode::BAD_REQUEST
        }
    }
}

/// The hash of the sign-in that this browser started last, from its cookie.
fn last_hash(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get(header::COOKIE)?.to_str().ok()?;
    cookies.split(';').find_map(|cookie| {
        cookie
            .trim()
            .strip_prefix(SIGN_IN_COOKIE)?
            .strip_prefix('=')
    })
}
