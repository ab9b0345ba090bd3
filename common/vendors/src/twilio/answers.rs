//! What Twilio's answers mean. Pure.

use birdcall_domain::{
    call::{CallError, LimitScope, Trouble},
    clock::Timestamp,
    rejection::TwilioRejection,
};
use serde_json::Value;

use crate::http::Answer;

/// Judges an answer: the JSON of a success, or what it means that there is none. Only a 429 is
/// documented as never processed; a 5xx may have been (Twilio's page on error 20500).
///
/// # Errors
///
/// Everything that is not 2xx with JSON.
pub fn judge(answer: &Answer, now: Timestamp) -> Result<Value, CallError<TwilioRejection>> {
    match answer.status {
        200..=299 => answer.json().ok_or(CallError::InDoubt(Trouble::Unreadable)),
        429 => Err(CallError::RateLimited {
            until: answer.retry_after(now),
            scope: LimitScope::App,
        }),
        500.. => Err(CallError::InDoubt(Trouble::Status(answer.status))),
        status => Err(refusal(status, code(answer))),
    }
}

fn code(answer: &Answer) -> u32 {
    answer
        .json()
        .and_then(|body| body["code"].as_u64())
        .and_then(|code| code.try_into().ok())
        .unwrap_or(0)
}

fn refusal(status: u16, code: u32) -> CallError<TwilioRejection> {
    CallError::Rejected(match code {
        20429 => {
            return CallError::RateLimited {
                until: None,
                scope: LimitScope::App,
            };
        }
        // The queue of the number is full, or the day's cap is reached: no effect, later.
        21611 | 63038 => {
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
    fn the_catalogue() {
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
                format!("{:?}", judge(&answer, Timestamp(0)).unwrap_err()),
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
            judge(&html, Timestamp(0)),
            Err(CallError::Rejected(TwilioRejection::Request(0)))
        );
    }
}
