//! No answer of Twilio claims more than it says.
//!
//! Input: a line with the HTTP status, and the body.

#![no_main]

use birdcall_domain::{
    call::{CallError, Trouble},
    clock::Timestamp,
    rejection::TwilioRejection,
    reply::{TwilioBecomes, twilio_error},
};
use birdcall_vendors::{http::Answer, twilio::fuzzing::body};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|input: &str| {
    let (status, text) = input.split_once('\n').unwrap_or(("400", input));
    let answer = Answer {
        status: status.parse().unwrap_or(400),
        headers: http::HeaderMap::new(),
        body: text.as_bytes().to_vec(),
    };
    let said: Option<Value> = serde_json::from_slice(&answer.body).ok();
    let read = body(&answer, Timestamp(0));
    match (answer.status, read) {
        (200..=299, Ok(body)) => assert_eq!(Some(body), said),
        (200..=299, Err(error)) => {
            assert_eq!(error, CallError::InDoubt(Trouble::Unreadable));
            assert_eq!(said, None);
        }
        (429, Err(error)) => assert!(matches!(error, CallError::RateLimited { .. })),
        (status @ 500.., Err(error)) => {
            assert_eq!(error, CallError::InDoubt(Trouble::Status(status)));
        }
        (_, Err(CallError::Rejected(rejection))) => check_rejection(rejection, said),
        (_, Err(error)) => {
            assert!(matches!(
                error,
                CallError::RateLimited { .. } | CallError::NotSent(_)
            ));
        }
        (status, Ok(body)) => panic!("{status} is a success: {body}"),
    }
});

/// Only a code that Twilio's table has ends a reply.
fn check_rejection(rejection: TwilioRejection, said: Option<Value>) {
    let said = said.filter(Value::is_object).expect("words of Twilio");
    let code = rejection.code();
    let digits = code.to_string();
    let is_said = said["code"].as_u64() == Some(code.into())
        || said["code"]
            .as_str()
            .is_some_and(|text| text.trim_start_matches(['+', '0']) == digits);
    assert!(code == 0 || is_said, "{said}");
    let becomes = twilio_error(code).map(|row| row.becomes);
    match rejection {
        TwilioRejection::OptedOut => assert_eq!(becomes, Some(TwilioBecomes::OptedOut)),
        TwilioRejection::Recipient(_) => assert_eq!(becomes, Some(TwilioBecomes::Unreachable)),
        TwilioRejection::Operator(_) | TwilioRejection::Request(_) => {}
    }
}
