//! What an answer of Twilio means, by its HTTP status and then by Twilio's error code.

use birdcall_domain::{
    call::{CallError, LimitScope, Trouble},
    clock::Timestamp,
    rejection::TwilioRejection,
};
use serde_json::Value;

use super::client::TwilioResult;
use crate::http::Answer;

/// Reads the JSON of a successful answer. Twilio documents only a 429 as not processed. After a
/// 5xx, the message may exist (see Twilio's page on error 20500).
///
/// # Errors
///
/// Any answer that is not 2xx with JSON. The error says what is known about the effect.
pub(super) fn read_answer(answer: &Answer, now: Timestamp) -> TwilioResult<Value> {
    match answer.status {
        200..=299 => answer.json().ok_or(CallError::InDoubt(Trouble::Unreadable)),
        429 => Err(CallError::RateLimited {
            until: answer.retry_after(now),
            scope: LimitScope::App,
        }),
        500.. => Err(CallError::InDoubt(Trouble::Status(answer.status))),
        status => Err(meaning_of_code(read_code(answer), status)),
    }
}

/// Twilio's error code, or 0 if the body has none.
fn read_code(answer: &Answer) -> u32 {
    answer
        .json()
        .and_then(|body| body["code"].as_u64())
        .and_then(|code| code.try_into().ok())
        .unwrap_or(0)
}

/// Looks an error code up in Twilio's error dictionary (<https://www.twilio.com/docs/api/errors>).
fn meaning_of_code(code: u32, status: u16) -> CallError<TwilioRejection> {
    CallError::Rejected(match code {
        // There were too many requests, the number's queue is full, or the account's daily limit is
        // reached. Nothing was sent, and a later try may succeed.
        20429 | 21611 | 63038 => {
            return CallError::RateLimited {
                until: None,
                scope: LimitScope::App,
            };
        }
        21610 => TwilioRejection::OptedOut,
        21211 | 21612 | 21614 | 21635 => TwilioRejection::Recipient(code),
        20003 | 20005 | 20006 | 20008 | 20010 | 20403 | 20404 | 21212 | 21408 | 21601 | 21606
        | 21608 | 21703 | 21704 | 21705 => TwilioRejection::Operator(code),
        _ if matches!(status, 401 | 403 | 404) => TwilioRejection::Operator(code),
        _ => TwilioRejection::Request(code),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_error_of_twilio_has_one_meaning() {
        for (status, code, expected) in [
            (400, 21610, "Rejected(OptedOut)"),
            (400, 21211, "Rejected(Recipient(21211))"),
            (400, 21614, "Rejected(Recipient(21614))"),
            (400, 21606, "Rejected(Operator(21606))"),
            (400, 21608, "Rejected(Operator(21608))"),
            (401, 20003, "Rejected(Operator(20003))"),
            (404, 20404, "Rejected(Operator(20404))"),
            (403, 0, "Rejected(Operator(0))"),
            (400, 21617, "Rejected(Request(21617))"),
            (400, 99999, "Rejected(Request(99999))"),
            (400, 21611, "RateLimited { until: None, scope: App }"),
            (429, 20429, "RateLimited { until: None, scope: App }"),
            (500, 20500, "InDoubt(Status(500))"),
            (503, 20503, "InDoubt(Status(503))"),
        ] {
            let body =
                format!(r#"{{"code":{code},"message":"m","more_info":"i","status":{status}}}"#);
            let answer = Answer {
                status,
                headers: http::HeaderMap::new(),
                body: body.into_bytes(),
            };
            assert_eq!(
                format!("{:?}", read_answer(&answer, Timestamp(0)).unwrap_err()),
                expected,
                "{code}"
            );
        }
        let html = Answer {
            status: 400,
            headers: http::HeaderMap::new(),
            body: b"<html>".to_vec(),
        };
        assert_eq!(
            read_answer(&html, Timestamp(0)),
            Err(CallError::Rejected(TwilioRejection::Request(0)))
        );
    }
}
