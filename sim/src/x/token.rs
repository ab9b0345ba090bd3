//! The endpoints that issue and revoke tokens.

use std::time::Duration;

use axum::{
    Json,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::{
    errors::oauth,
    model::{AccessToken, Exchanged, Grant, RefreshToken},
};
use crate::{
    request::{Form, basic, is_form},
    sim::Sim,
    state::SimState,
};

const ACCESS_TOKEN_SECONDS: u64 = 7200;
/// A process that got a new pair and died before it could store it is noticed after this time at the
/// earliest. An app that presents the old token sooner does not know what it does.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(3);

const BAD_TOKEN: &str = "Value passed for the token was invalid.";
const BAD_CODE: &str = "Value passed for the authorization code was invalid.";

fn invalid(description: &str) -> Response {
    oauth(StatusCode::BAD_REQUEST, "invalid_request", description)
}

pub(super) async fn token(State(sim): State<Sim>, headers: HeaderMap, body: Bytes) -> Response {
    if !is_form(&headers) {
        return invalid("The content type must be application/x-www-form-urlencoded.");
    }
    let form = Form::parse(&body);
    if let Err(refusal) = check_client(&sim, &headers, &form) {
        return refusal;
    }
    match form.get("grant_type") {
        Some("authorization_code") => exchange(&sim, &form),
        Some("refresh_token") => refresh(&sim, &form),
        Some(_) => invalid("Value passed for the grant type was invalid."),
        None => invalid("Missing required parameter [grant_type]."),
    }
}

/// Checks the client. A confidential client must authenticate with the Basic header, and a public
/// client must name itself in the body.
fn check_client(sim: &Sim, headers: &HeaderMap, form: &Form) -> Result<(), Response> {
    let config = sim.config();
    let refuse = |description| {
        Err(oauth(
            StatusCode::UNAUTHORIZED,
            "unauthorized_client",
            description,
        ))
    };
    match &config.x_client_secret {
        Some(secret) => match basic(headers) {
            None => refuse("Missing valid authorization header"),
            Some((id, given)) if id == config.x_client_id && given == *secret => Ok(()),
            Some(_) => refuse("Value passed for the client credentials was invalid."),
        },
        None if form.get("client_id") == Some(&config.x_client_id) => Ok(()),
        None => Err(invalid("Missing required parameter [client_id].")),
    }
}

fn exchange(sim: &Sim, form: &Form) -> Response {
    let now = sim.now();
    let challenge = form
        .get("code_verifier")
        .filter(|verifier| (43..=128).contains(&verifier.len()))
        .map(|verifier| URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)));
    sim.with(|state| {
        let Some(code) = form
            .get("code")
            .and_then(|code| state.x.codes.get_mut(code))
        else {
            return invalid(BAD_CODE);
        };
        if code.used {
            state.counters.reused_codes += 1;
            let grant = code.grant;
            if let Some(grant) = grant {
                state.x.revoke_grant(grant);
            }
            return invalid(BAD_CODE);
        }
        // The first attempt uses up the code, whether it succeeds or not.
        code.used = true;
        if now >= code.expires_at
            || code.client_id != sim.config().x_client_id
            || form.get("redirect_uri") != Some(&code.redirect_uri)
        {
            return invalid(BAD_CODE);
        }
        if challenge.as_ref() != Some(&code.challenge) {
            return invalid("Value passed for the code verifier did not match the code challenge.");
        }
        let index = state.x.grants.len();
        code.grant = Some(index);
        let grant = Grant {
            user_id: code.user_id.clone(),
            scopes: code.scopes.clone(),
            revoked: false,
            refusals: 0,
        };
        state.x.grants.push(grant);
        issue(sim, state, index)
    })
}

fn refresh(sim: &Sim, form: &Form) -> Response {
    let now = sim.now();
    sim.with(|state| {
        let name = form.get("refresh_token").unwrap_or_default().to_owned();
        let Some(token) = state.x.refresh_tokens.get_mut(&name) else {
            state.counters.refused_refresh_tokens += 1;
            return invalid(BAD_TOKEN);
        };
        let grant = token.grant;
        if let Some(exchanged) = &token.exchanged {
            let valid = state.x.access_tokens.get(&token.access_token);
            let valid = valid.is_some_and(|token| now < token.expires_at);
            let known = exchanged.answered && now.since(exchanged.at) < FORGOTTEN_AFTER;
            if known || (valid && !state.x.grants[grant].revoked) {
                state.counters.reused_refresh_tokens += 1;
            } else {
                state.counters.second_chances += 1;
            }
            // The token may have been stolen, so the whole grant is revoked.
            state.x.revoke_grant(grant);
            return refused(state, grant);
        }
        if state.x.grants[grant].revoked {
            return refused(state, grant);
        }
        token.exchanged = Some(Exchanged {
            at: now,
            answered: false,
        });
        // Only the refresh token rotates. The old access token remains valid until it expires.
        let mut response = issue(sim, state, grant);
        response.extensions_mut().insert(NewPairOf(name));
        response
    })
}

fn refused(state: &mut SimState, grant: usize) -> Response {
    state.counters.refused_refresh_tokens += 1;
    state.x.grants[grant].refusals += 1;
    invalid(BAD_TOKEN)
}

/// Marks the answer that brings the app the new pair of this refresh token.
#[derive(Clone)]
pub(crate) struct NewPairOf(String);

/// Notes that the app gets this answer.
pub(crate) fn answered(sim: &Sim, response: &Response) {
    let Some(NewPairOf(name)) = response.extensions().get() else {
        return;
    };
    sim.with(|state| {
        let token = state.x.refresh_tokens.get_mut(name);
        if let Some(exchanged) = token.and_then(|token| token.exchanged.as_mut()) {
            exchanged.answered = true;
        }
    });
}

fn issue(sim: &Sim, state: &mut SimState, grant: usize) -> Response {
    let random = &sim.config().random;
    let now = sim.now();
    let expires_at = now + Duration::from_secs(ACCESS_TOKEN_SECONDS);
    let access = random.token(66);
    state
        .x
        .access_tokens
        .retain(|_, token| now < token.expires_at);
    state
        .x
        .access_tokens
        .insert(access.clone(), AccessToken { grant, expires_at });
    let scopes = &state.x.grants[grant].scopes;
    let mut answer = json!({
        "token_type": "bearer",
        "expires_in": ACCESS_TOKEN_SECONDS,
        "access_token": access,
        "scope": scopes.join(" "),
    });
    if scopes.iter().any(|scope| scope == "offline.access") {
        let refresh = random.token(66);
        answer["refresh_token"] = refresh.clone().into();
        state.x.refresh_tokens.insert(
            refresh,
            RefreshToken {
                grant,
                access_token: access,
                exchanged: None,
            },
        );
    }
    ([(header::CACHE_CONTROL, "no-store")], Json(answer)).into_response()
}

pub(super) async fn revoke(State(sim): State<Sim>, headers: HeaderMap, body: Bytes) -> Response {
    if !is_form(&headers) {
        return invalid("The content type must be application/x-www-form-urlencoded.");
    }
    let form = Form::parse(&body);
    if let Err(refusal) = check_client(&sim, &headers, &form) {
        return refusal;
    }
    let Some(token) = form.filled("token") else {
        return invalid("Missing required parameter [token].");
    };
    sim.with(|state| {
        // Revoking an access token ends only that token. Revoking a refresh token ends the whole
        // grant (RFC 7009, section 2.1). An unknown token counts as revoked (section 2.2).
        if state.x.access_tokens.remove(token).is_none()
            && let Some(grant) = state.x.refresh_tokens.get(token).map(|token| token.grant)
        {
            state.x.revoke_grant(grant);
        }
    });
    Json(json!({"revoked": true})).into_response()
}
