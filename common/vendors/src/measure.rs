//! What is measured of every call to X and Twilio: how long it took, how it ended, and how many calls
//! X says are left. No value of a request or an answer becomes a label, only words that are written
//! here.

use std::time::Duration;

use birdcall_domain::call::{CallError, Trouble};
use http::HeaderMap;

/// What a call asks for, as the metrics name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// `x` or `twilio`.
    vendor: &'static str,
    /// What is asked for.
    name: &'static str,
}

impl Endpoint {
    pub(crate) const CREATE_POST: Self = Self::x("create_post");
    pub(crate) const DELETE_POST: Self = Self::x("delete_post");
    pub(crate) const TIMELINE: Self = Self::x("timeline");
    pub(crate) const ME: Self = Self::x("me");
    /// A new sign-in, by its code.
    pub(crate) const EXCHANGE: Self = Self::x("exchange");
    pub(crate) const REFRESH: Self = Self::x("refresh");
    pub(crate) const REVOKE: Self = Self::x("revoke");
    /// What `birdcall doctor` asks X.
    pub(crate) const CHECK_APP: Self = Self::x("check_app");
    pub(crate) const CREATE_MESSAGE: Self = Self::twilio("create_message");
    pub(crate) const LIST_MESSAGES: Self = Self::twilio("list_messages");
    /// What `birdcall doctor` asks Twilio.
    pub(crate) const NUMBER_SETUP: Self = Self::twilio("number_setup");
    /// What `birdcall doctor --fix` changes at Twilio.
    pub(crate) const SET_WEBHOOK: Self = Self::twilio("set_webhook");

    const fn x(name: &'static str) -> Self {
        Self { vendor: "x", name }
    }

    const fn twilio(name: &'static str) -> Self {
        Self {
            vendor: "twilio",
            name,
        }
    }
}

/// The limits that X counts down in its answers: the beginning of the headers' names, and the label.
const WINDOWS: [(&str, &str); 3] = [
    ("x-rate-limit", "15m"),
    ("x-user-limit-24hour", "user_24h"),
    ("x-app-limit-24hour", "app_24h"),
];

/// Notes how a call ended after `took`, and returns that in one word.
pub(crate) fn note<R>(
    endpoint: Endpoint,
    took: Duration,
    result: Result<(u16, &HeaderMap), &CallError<R>>,
) -> &'static str {
    let Endpoint { vendor, name } = endpoint;
    let class = class(result.map(|(status, _)| status));
    metrics::histogram!(
        "birdcall_call_duration_seconds",
        "vendor" => vendor, "endpoint" => name, "class" => class
    )
    .record(took);
    if let Ok((_, headers)) = result
        && vendor == "x"
    {
        note_limits(name, headers);
    }
    class
}

/// Notes how many calls X says are left.
fn note_limits(name: &'static str, headers: &HeaderMap) {
    for (prefix, window) in WINDOWS {
        let number = |what: &str| -> Option<u32> {
            let value = headers.get(format!("{prefix}-{what}"))?;
            value.to_str().ok()?.trim().parse().ok()
        };
        let (Some(left), Some(limit)) = (number("remaining"), number("limit")) else {
            continue;
        };
        let labels = [("endpoint", name), ("window", window)];
        metrics::gauge!("birdcall_x_rate_limit_remaining", &labels).set(f64::from(left));
        metrics::gauge!("birdcall_x_rate_limit", &labels).set(f64::from(limit));
    }
}

/// How a call ended, in one word.
fn class<R>(result: Result<u16, &CallError<R>>) -> &'static str {
    match result {
        Ok(status) => class_of_status(status),
        Err(CallError::NotSent(_)) => "no_connection",
        Err(CallError::InDoubt(Trouble::Timeout)) => "timeout",
        Err(_) => "broken",
    }
}

fn class_of_status(status: u16) -> &'static str {
    match status {
        200..=299 => "ok",
        401 => "unauthorized",
        402 => "payment_required",
        429 => "rate_limited",
        400..=499 => "refused",
        500..=599 => "server_error",
        _ => "unexpected",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_class_of_a_call_is_one_of_ten_words_whatever_is_answered() {
        let in_doubt = |trouble| Err(CallError::InDoubt(trouble));
        let table: [(Result<u16, CallError<()>>, &str); 14] = [
            (Ok(200), "ok"),
            (Ok(204), "ok"),
            (Ok(302), "unexpected"),
            (Ok(400), "refused"),
            (Ok(401), "unauthorized"),
            (Ok(402), "payment_required"),
            (Ok(403), "refused"),
            (Ok(429), "rate_limited"),
            (Ok(500), "server_error"),
            (Ok(503), "server_error"),
            (Ok(999), "unexpected"),
            (Err(CallError::NotSent(Trouble::Connect)), "no_connection"),
            (in_doubt(Trouble::Timeout), "timeout"),
            (in_doubt(Trouble::Reset), "broken"),
        ];
        for (result, expected) in table {
            assert_eq!(class(result.as_ref().copied()), expected, "{result:?}");
        }
    }
}
