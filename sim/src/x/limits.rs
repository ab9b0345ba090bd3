//! Rate limits with real windows, and the checks that every call with an access token passes.

use std::collections::HashMap;

use axum::{
    http::{HeaderMap, HeaderName, HeaderValue},
    response::Response,
};
use birdcall_domain::clock::Timestamp;
use serde::{Deserialize, Serialize};

use super::errors;
use crate::{Sim, request::bearer, state::State};

const WINDOW_SECONDS: i64 = 15 * 60;
const DAY_SECONDS: i64 = 24 * 60 * 60;

/// How many calls fit a window.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Posts per user and 15 minutes.
    pub posts_per_user: u32,
    /// Posts per app and 24 hours.
    pub posts_per_app_day: u32,
    /// Deletions per user and 15 minutes.
    pub deletes_per_user: u32,
    /// Reads of the timeline per user and 15 minutes.
    pub timeline_per_user: u32,
    /// Reads of `users/me` per user and 15 minutes.
    pub users_me_per_user: u32,
    /// Calls to each media endpoint per user and 15 minutes.
    pub media_per_user: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            posts_per_user: 100,
            posts_per_app_day: 10_000,
            deletes_per_user: 50,
            timeline_per_user: 900,
            users_me_per_user: 75,
            media_per_user: 500,
        }
    }
}

/// What a limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Counted {
    Posts,
    Deletes,
    Timeline,
    UsersMe,
    MediaUpload,
    MediaInitialize,
    MediaAppend,
    MediaFinalize,
    MediaStatus,
    MediaMetadata,
}

impl Counted {
    fn limit(self, limits: &Limits) -> u32 {
        match self {
            Self::Posts => limits.posts_per_user,
            Self::Deletes => limits.deletes_per_user,
            Self::Timeline => limits.timeline_per_user,
            Self::UsersMe => limits.users_me_per_user,
            _ => limits.media_per_user,
        }
    }
}

/// A window begins with the first call in it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Window {
    ends_at: i64,
    used: u32,
}

impl Window {
    /// Takes one call: whether it fits, and what remains.
    fn take(&mut self, limit: u32, seconds: i64, now: i64) -> (bool, u32) {
        if now >= self.ends_at {
            *self = Self {
                ends_at: now + seconds,
                used: 0,
            };
        }
        let fits = self.used < limit;
        if fits {
            self.used += 1;
        }
        (fits, limit.saturating_sub(self.used))
    }
}

/// All windows.
#[derive(Default)]
pub(crate) struct Windows {
    users: HashMap<(Counted, String), Window>,
    app_day: Window,
}

/// Who calls, with what moment.
pub(super) struct Caller {
    pub(super) user_id: String,
    pub(super) now: Timestamp,
}

/// Checks token, rate limit and scopes in this order, then acts; the limit's headers go on every
/// answer to a known caller.
pub(super) fn guarded(
    sim: &Sim,
    headers: &HeaderMap,
    counted: Counted,
    scopes: &[&str],
    act: impl FnOnce(&mut State, &Caller) -> Response,
) -> Response {
    let now = sim.now();
    sim.with(|state| {
        let grant = bearer(headers).and_then(|token| state.x.grant_of(token, now));
        let Some((user_id, granted)) = grant else {
            state.counters.unauthorized += 1;
            return errors::unauthorized();
        };
        let mut limit_headers = HeaderMap::new();
        let fits = take(state, counted, &user_id, now, &mut limit_headers);
        let missing = scopes
            .iter()
            .find(|scope| !granted.iter().any(|one| one == *scope));
        let mut response = if !fits {
            state.counters.rate_limited += 1;
            errors::too_many_requests()
        } else if let Some(scope) = missing {
            errors::not_authorized("post", &format!("Scope is not authorized: {scope}"))
        } else {
            act(state, &Caller { user_id, now })
        };
        response.headers_mut().extend(limit_headers);
        response
    })
}

fn take(
    state: &mut State,
    counted: Counted,
    user_id: &str,
    now: Timestamp,
    headers: &mut HeaderMap,
) -> bool {
    let limits = &state.settings.limits;
    let windows = &mut state.x.windows;
    let now = now.as_millis().div_euclid(1000);
    let limit = counted.limit(limits);
    let window = windows
        .users
        .entry((counted, user_id.to_owned()))
        .or_default();
    let (mut fits, remaining) = window.take(limit, WINDOW_SECONDS, now);
    let names = [
        "x-rate-limit-limit",
        "x-rate-limit-remaining",
        "x-rate-limit-reset",
    ];
    put(headers, names, limit, remaining, window.ends_at);
    if counted == Counted::Posts {
        let limit = limits.posts_per_app_day;
        let (fits_day, remaining) = if fits {
            windows.app_day.take(limit, DAY_SECONDS, now)
        } else {
            (true, limit.saturating_sub(windows.app_day.used))
        };
        fits = fits && fits_day;
        let names = [
            "x-app-limit-24hour-limit",
            "x-app-limit-24hour-remaining",
            "x-app-limit-24hour-reset",
        ];
        put(headers, names, limit, remaining, windows.app_day.ends_at);
    }
    fits
}

fn put(headers: &mut HeaderMap, names: [&'static str; 3], limit: u32, remaining: u32, reset: i64) {
    let [limit_name, remaining_name, reset_name] = names.map(HeaderName::from_static);
    headers.insert(limit_name, HeaderValue::from(limit));
    headers.insert(remaining_name, HeaderValue::from(remaining));
    headers.insert(reset_name, HeaderValue::from(reset));
}
