//! Known ways to fail.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::faults::{Fault, FaultAction};

impl Fault {
    /// One of the known ways to fail.
    #[must_use]
    pub fn preset(preset: Preset) -> Self {
        let (endpoint, action) = preset.parts();
        Self::new(endpoint, action)
    }
}

/// Known ways to fail, with the bodies that were seen in the wild.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Preset {
    /// Posting answers 503.
    XUnavailable,
    /// Posting answers 429 for one more minute.
    XRateLimited,
    /// Posting answers 402 in the shape used until July 2026.
    XCreditsDepleted,
    /// Posting answers 402 in the newer shape.
    XPaymentRequired,
    /// Posting answers 401 although the token is good, as in X's incidents.
    XStrayUnauthorized,
    /// The post is made, and the answer is lost.
    XDropAfter,
    /// Twilio answers 500 to a send.
    TwilioInternalError,
    /// Twilio answers 429 to a send.
    TwilioTooManyRequests,
    /// The text is sent, and the answer is lost.
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
