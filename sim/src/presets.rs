//! Presets: the ways in which X and Twilio are known to fail.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::faults::{Fault, FaultAction};

impl Fault {
    /// Returns a fault that fails in a known way.
    #[must_use]
    pub fn preset(preset: Preset) -> Self {
        let (endpoint, action) = preset.parts();
        Self::new(endpoint, action)
    }
}

/// The ways in which X and Twilio are known to fail. The bodies have the shapes that developers
/// reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Preset {
    /// X answers a new post with 503 and does not create it.
    XUnavailable,
    /// X answers a new post with 429. The limit resets 60 seconds later.
    XRateLimited,
    /// X answers a new post with 402 in the shape it used until July 2026.
    XCreditsDepleted,
    /// X answers a new post with 402 in the newer shape.
    XPaymentRequired,
    /// X answers a new post with 401 although the access token is valid.
    XStrayUnauthorized,
    /// X refuses every refresh token, as it does once a token was used before.
    XRefreshTokenSpent,
    /// X creates the post, but the answer is lost.
    XDropAfter,
    /// Twilio delivers a text twice.
    TwilioDeliversTwice,
    /// Twilio answers a new message with 500 and does not send it.
    TwilioInternalError,
    /// Twilio answers a new message with 429 and does not send it.
    TwilioTooManyRequests,
    /// Twilio sends the message, but the answer is lost.
    TwilioDropAfter,
}

impl Preset {
    fn parts(self) -> (&'static str, FaultAction) {
        const POST: &str = "x.create_post";
        const SEND: &str = "twilio.create_message";
        let answer = |status, body| FaultAction::Answer {
            status,
            headers: BTreeMap::new(),
            body,
        };
        match self {
            Self::XUnavailable => (
                POST,
                answer(
                    503,
                    json!({"title": "Service Unavailable", "type": "about:blank", "status": 503, "detail": "Service Unavailable"}),
                ),
            ),
            Self::XRateLimited => (
                POST,
                FaultAction::Answer {
                    status: 429,
                    headers: [
                        ("x-rate-limit-limit", "100"),
                        ("x-rate-limit-remaining", "0"),
                        ("x-rate-limit-reset", "+60"),
                    ]
                    .map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .into(),
                    body: json!({"title": "Too Many Requests", "detail": "Too Many Requests", "type": "about:blank", "status": 429}),
                },
            ),
            Self::XCreditsDepleted => (
                POST,
                answer(
                    402,
                    json!({"account_id": 1_900_000_000_000_000_001_u64, "title": "CreditsDepleted", "detail": "Your enrolled account [1900000000000000001] does not have any credits to fulfill this request.", "type": "https://api.twitter.com/2/problems/credits"}),
                ),
            ),
            Self::XPaymentRequired => (
                POST,
                answer(
                    402,
                    json!({"detail": "credits depleted", "status": 402, "title": "Payment Required", "type": "https://api.x.com/2/problems/credits-depleted"}),
                ),
            ),
            Self::XStrayUnauthorized => (
                POST,
                answer(
                    401,
                    json!({"title": "Unauthorized", "type": "about:blank", "status": 401, "detail": "Unauthorized"}),
                ),
            ),
            Self::XRefreshTokenSpent => (
                "x.token",
                answer(
                    400,
                    json!({"error": "invalid_request", "error_description": "Value passed for the token was invalid."}),
                ),
            ),
            Self::TwilioDeliversTwice => ("webhook.inbound", FaultAction::Duplicate { times: 1 }),
            Self::XDropAfter => (POST, FaultAction::DropAfter),
            Self::TwilioInternalError => (
                SEND,
                answer(
                    500,
                    json!({"code": 20500, "message": "An internal server error has occurred", "more_info": "https://www.twilio.com/docs/errors/20500", "status": 500}),
                ),
            ),
            Self::TwilioTooManyRequests => (
                SEND,
                answer(
                    429,
                    json!({"code": 20429, "message": "Too Many Requests", "more_info": "https://www.twilio.com/docs/errors/20429", "status": 429}),
                ),
            ),
            Self::TwilioDropAfter => (SEND, FaultAction::DropAfter),
        }
    }
}
