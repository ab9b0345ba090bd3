//! What an answer of Twilio means, by its HTTP status and then by Twilio's error code.

use birdcall_domain::{
    call::{CallError, LimitScope, Trouble},
    clock::Timestamp,
    rejection::TwilioRejection,
    reply::{TwilioBecomes, twilio_error},
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
        status => Err(match answer.json().filter(Value::is_object) {
            Some(body) => meaning_of_code(read_code(&body), status),
            // These are not Twilio's words: an edge in front of Twilio answered, or a redirect.
            None => CallError::NotSent(Trouble::Status(status)),
        }),
    }
}

/// Twilio's error code, or 0 if the body has none.
fn read_code(body: &Value) -> u32 {
    let code = &body["code"];
    let number = code.as_u64().and_then(|code| code.try_into().ok());
    number
        .or_else(|| code.as_str()?.parse().ok())
        .unwrap_or_default()
}

/// Looks an error code up in the table. Only a code that says that the phone can't be reached ends a
/// reply: for everything else, an unknown code included, it waits for the operator.
fn meaning_of_code(code: u32, status: u16) -> CallError<TwilioRejection> {
    use TwilioBecomes as B;
    CallError::Rejected(match twilio_error(code).map(|row| row.becomes) {
        // Nothing was sent, and a later try may succeed.
        Some(B::Wait | B::AgainSoon | B::AgainLater) => {
            return CallError::RateLimited {
                until: None,
                scope: LimitScope::App,
            };
        }
        Some(B::OptedOut) => TwilioRejection::OptedOut,
        Some(B::Unreachable) => TwilioRejection::Recipient(code),
        Some(B::Operator | B::Account | B::Report) => TwilioRejection::Operator(code),
        None if matches!(status, 401 | 403 | 404) => TwilioRejection::Operator(code),
        None => TwilioRejection::Request(code),
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
            (400, 21617, "Rejected(Operator(21617))"),
            (400, 21659, "Rejected(Operator(21659))"),
            (400, 21660, "Rejected(Operator(21660))"),
            (400, 21661, "Rejected(Operator(21661))"),
            (400, 90010, "Rejected(Operator(90010))"),
            (400, 30007, "Rejected(Operator(30007))"),
            (400, 30005, "Rejected(Recipient(30005))"),
            (400, 30003, "RateLimited { until: None, scope: App }"),
            (400, 63038, "RateLimited { until: None, scope: App }"),
            (400, 21612, "Rejected(Recipient(21612))"),
            (400, 21635, "Rejected(Recipient(21635))"),
            (400, 0, "Rejected(Request(0))"),
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
    }

    #[test]
    fn without_a_code_of_twilio_no_reply_ends() {
        for (status, body, expected) in [
            (400, "<html>", "NotSent(Status(400))"),
            (403, "", "NotSent(Status(403))"),
            (404, "no such path", "NotSent(Status(404))"),
            (302, "", "NotSent(Status(302))"),
            (400, "[]", "NotSent(Status(400))"),
            (400, "{}", "Rejected(Request(0))"),
            (400, r#"{"message":"m"}"#, "Rejected(Request(0))"),
            (400, r#"{"code":null}"#, "Rejected(Request(0))"),
            (400, r#"{"code":"21610"}"#, "Rejected(OptedOut)"),
            (
                401,
                r#"{"code":70051,"message":"m"}"#,
                "Rejected(Operator(70051))",
            ),
            (503, "<html>", "InDoubt(Status(503))"),
        ] {
            let answer = Answer {
                status,
                headers: http::HeaderMap::new(),
                body: body.as_bytes().to_vec(),
            };
            let read = read_answer(&answer, Timestamp(0)).unwrap_err();
            assert_eq!(format!("{read:?}"), expected, "{status} {body}");
        }
    }
}
