//! The checks that every request with an access token passes.

use axum::{
    http::{HeaderMap, HeaderName, HeaderValue},
    response::Response,
};

use super::{
    errors,
    limits::{Counted, Quota},
    model::Caller,
};
use crate::{request::bearer, sim::Sim, state::SimState};

const USER_HEADERS: [&str; 3] = [
    "x-rate-limit-limit",
    "x-rate-limit-remaining",
    "x-rate-limit-reset",
];
const APP_DAY_HEADERS: [&str; 3] = [
    "x-app-limit-24hour-limit",
    "x-app-limit-24hour-remaining",
    "x-app-limit-24hour-reset",
];

/// X names each call, for support.
const FIRST_TRANSACTION: u64 = 0x7c1e_5000_0000_0000;

/// Checks the access token, the rate limit and the scopes, in this order, and then acts. Every
/// answer to a known user carries the headers of the rate limit.
pub(super) fn guarded(
    sim: &Sim,
    headers: &HeaderMap,
    counted: Counted,
    scopes: &[&str],
    act: impl FnOnce(&mut SimState, &Caller) -> Response,
) -> Response {
    let now = sim.now();
    sim.with(|state| {
        let grant = bearer(headers).and_then(|token| state.x.grant_of(token, now));
        let Some((user_id, granted)) = grant else {
            state.counters.unauthorized += 1;
            return errors::unauthorized();
        };
        let counting = state
            .x
            .windows
            .count(&state.settings.limits, counted, &user_id, now);
        let missing = scopes
            .iter()
            .find(|scope| !granted.iter().any(|one| one == *scope));
        let mut response = if !counting.fits {
            state.counters.rate_limited += 1;
            errors::too_many_requests()
        } else if let Some(scope) = missing {
            errors::not_authorized("post", &format!("Scope is not authorized: {scope}"))
        } else {
            act(state, &Caller { user_id, now })
        };
        insert_quota(response.headers_mut(), USER_HEADERS, &counting.user);
        let transaction = format!("{:016x}", FIRST_TRANSACTION + state.requests_seen);
        if let Ok(id) = HeaderValue::from_str(&transaction) {
            response.headers_mut().insert("x-transaction-id", id);
        }
        if let Some(app_day) = &counting.app_day {
            insert_quota(response.headers_mut(), APP_DAY_HEADERS, app_day);
        }
        response
    })
}

fn insert_quota(headers: &mut HeaderMap, names: [&'static str; 3], quota: &Quota) {
    let [limit_name, remaining_name, reset_name] = names.map(HeaderName::from_static);
    headers.insert(limit_name, HeaderValue::from(quota.limit));
    headers.insert(remaining_name, HeaderValue::from(quota.remaining));
    headers.insert(reset_name, HeaderValue::from(quota.resets_at));
}
