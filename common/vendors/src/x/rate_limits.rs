//! Which limit of X was hit, and when the next call is allowed.

use birdcall_domain::{
    call::{CallError, LimitScope},
    clock::Timestamp,
    rejection::XRejection,
};

use crate::http::{Answer, plausible};

/// Values from here on are milliseconds: in seconds, this is in the year 5138.
const MILLIS_FROM: i64 = 100_000_000_000;

/// Reads the limit from the headers. `named` is the limit that the body names, if it names one.
pub(super) fn read_rate_limit(
    answer: &Answer,
    named: Option<LimitScope>,
    now: Timestamp,
) -> CallError<XRejection> {
    let spent = |prefix: &str| answer.number(&format!("{prefix}-remaining")) == Some(0);
    let reset = |prefix: &str| read_reset(answer.number(&format!("{prefix}-reset"))?, now);
    let limited = |until, scope| CallError::RateLimited { until, scope };
    // A 24-hour limit with nothing left resets later than the 15-minute window does, so its reset is
    // the one that matters.
    if spent("x-app-limit-24hour") {
        return limited(reset("x-app-limit-24hour"), LimitScope::App);
    }
    let asked = answer.retry_after(now);
    if named == Some(LimitScope::App) {
        // The app's cap has nothing to do with the user's windows.
        return limited(asked, LimitScope::App);
    }
    if spent("x-user-limit-24hour") {
        return limited(reset("x-user-limit-24hour"), LimitScope::User);
    }
    // Every answer tells the 15-minute window. It is the limit only if it has no calls left.
    let window_is_spent = match answer.number("x-rate-limit-remaining") {
        Some(left) => left <= 0,
        None => answer.status == 429,
    };
    let window = window_is_spent.then(|| reset("x-rate-limit")).flatten();
    limited(window.or(asked), LimitScope::User)
}

/// The moment that a reset names: Unix seconds, and once in a while milliseconds. `None` if it is in
/// the past or too far away to be true.
fn read_reset(value: i64, now: Timestamp) -> Option<Timestamp> {
    let at = match value {
        MILLIS_FROM.. => Timestamp(value),
        seconds => Timestamp::from_secs(seconds),
    };
    plausible(at, now)
}
