//! What a 429 of X means: which limit was hit, and when the next call is allowed.

use birdcall_domain::{
    call::{CallError, LimitScope},
    clock::Timestamp,
    rejection::XRejection,
};

use crate::http::Answer;

/// Reads the limit from the headers. A 24-hour limit with nothing left resets later than the
/// 15-minute window does, so its reset is the one that matters.
pub(super) fn read_rate_limit(answer: &Answer, now: Timestamp) -> CallError<XRejection> {
    let reset_if_spent = |prefix: &str| {
        (answer.number(&format!("{prefix}-remaining")) == Some(0))
            .then(|| answer.number(&format!("{prefix}-reset")))
            .flatten()
            .map(Timestamp::from_secs)
    };
    if let Some(until) = reset_if_spent("x-app-limit-24hour") {
        return CallError::RateLimited {
            until: Some(until),
            scope: LimitScope::App,
        };
    }
    let text = answer.lowercase_text();
    if text.contains("usage-capped") || text.contains("usagecapexceeded") {
        // The app's usage cap is spent, for all of its users. The reset of the 15-minute window
        // does not apply.
        return CallError::RateLimited {
            until: answer.retry_after(now),
            scope: LimitScope::App,
        };
    }
    let until = reset_if_spent("x-user-limit-24hour")
        .or_else(|| {
            answer
                .number("x-rate-limit-reset")
                .map(Timestamp::from_secs)
        })
        .or_else(|| answer.retry_after(now));
    CallError::RateLimited {
        until,
        scope: LimitScope::User,
    }
}
