//! A sign-in ends only at OAuth's own words, and a pair has its tokens.
//!
//! Input: a line with the HTTP status, and the body.

#![no_main]

use birdcall_vendors::{
    http::Answer,
    x::fuzzing::{ends_the_grant, pair},
};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

/// The longest life of an access token that is believed: 30 days, in seconds.
const LIFE_MAX: u64 = 30 * 24 * 3600;

fuzz_target!(|input: &str| {
    let (status, body) = input.split_once('\n').unwrap_or(("400", input));
    let answer = Answer {
        status: status.parse().unwrap_or(400),
        headers: http::HeaderMap::new(),
        body: body.as_bytes().to_vec(),
    };
    let body = serde_json::from_slice(&answer.body).unwrap_or(Value::Null);
    check_refusal(&answer, &body);
    check_pair(&answer, &body);
});

fn check_refusal(answer: &Answer, body: &Value) {
    let error = body["error"].as_str().map(str::to_lowercase);
    let ends = ends_the_grant(answer);
    match (answer.status, error.as_deref()) {
        (400, Some("invalid_grant")) => assert!(ends),
        (400, Some("invalid_request")) => {
            let said = body["error_description"].as_str().unwrap_or_default();
            assert!(!ends || said.to_lowercase().contains("token"));
        }
        _ => assert!(!ends, "{} {body}", answer.status),
    }
}

fn check_pair(answer: &Answer, body: &Value) {
    let text = |value: &Value| {
        value
            .as_str()
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    };
    let Some(pair) = pair(answer) else {
        return assert_eq!(text(&body["access_token"]), None);
    };
    for name in ["access_token", "refresh_token", "scope"] {
        assert_eq!(text(&pair[name]), text(&body[name]), "{name}");
    }
    let life = pair["expires_in"].as_u64().expect("a life");
    assert!((1..=LIFE_MAX).contains(&life));
}
