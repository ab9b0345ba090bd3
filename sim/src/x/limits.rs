//! X's rate limits and the windows in which requests are counted, see
//! <https://docs.x.com/x-api/fundamentals/rate-limits>.

use std::collections::HashMap;

use birdcall_domain::clock::Timestamp;
use serde::{Deserialize, Serialize};

const WINDOW_SECONDS: i64 = 15 * 60;
const DAY_SECONDS: i64 = 24 * 60 * 60;

/// The number of requests that X allows within a window.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// New posts per user within 15 minutes.
    pub posts_per_user: u32,
    /// New posts of the whole app within 24 hours.
    pub posts_per_app_day: u32,
    /// Deletions of posts per user within 15 minutes.
    pub deletes_per_user: u32,
    /// Requests for the timeline per user within 15 minutes.
    pub timeline_per_user: u32,
    /// Requests for `users/me` per user within 15 minutes.
    pub users_me_per_user: u32,
    /// Requests to each media endpoint per user within 15 minutes.
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

/// The kinds of requests that are counted separately.
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

/// A window begins with the first request in it.
#[derive(Clone, Copy, Debug, Default)]
struct Window {
    ends_at: i64,
    used: u32,
}

impl Window {
    /// Counts a request if it is within the limit, and returns whether it is.
    fn take(&mut self, limit: u32, seconds: i64, now: i64) -> bool {
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
        fits
    }

    fn quota(&self, limit: u32) -> Quota {
        Quota {
            limit,
            remaining: limit.saturating_sub(self.used),
            resets_at: self.ends_at,
        }
    }
}

/// The state of one limit, as the headers of an answer tell it.
pub(super) struct Quota {
    pub(super) limit: u32,
    pub(super) remaining: u32,
    /// The end of the window in Unix seconds.
    pub(super) resets_at: i64,
}

/// The result of counting a request.
pub(super) struct Counting {
    pub(super) fits: bool,
    pub(super) user: Quota,
    /// The app's limit for a day, which applies to new posts only.
    pub(super) app_day: Option<Quota>,
}

/// The windows of all users, and the window of the app.
#[derive(Default)]
pub(crate) struct Windows {
    users: HashMap<(Counted, String), Window>,
    app_day: Window,
}

impl Windows {
    /// Counts a request of a user.
    pub(super) fn count(
        &mut self,
        limits: &Limits,
        counted: Counted,
        user_id: &str,
        now: Timestamp,
    ) -> Counting {
        let now = now.as_millis().div_euclid(1000);
        let limit = counted.limit(limits);
        let window = self.users.entry((counted, user_id.to_owned())).or_default();
        let fits_user = window.take(limit, WINDOW_SECONDS, now);
        let user = window.quota(limit);
        if counted != Counted::Posts {
            return Counting {
                fits: fits_user,
                user,
                app_day: None,
            };
        }
        let limit = limits.posts_per_app_day;
        Counting {
            // A request that exceeds the user's limit does not count against the app.
            fits: fits_user && self.app_day.take(limit, DAY_SECONDS, now),
            user,
            app_day: Some(self.app_day.quota(limit)),
        }
    }
}
