//! No answer of X claims more than it says.
//!
//! Input: a line with the HTTP status, a line with the text that was posted, and the body.

#![no_main]

use birdcall_domain::{
    call::{CallError, Trouble},
    clock::Timestamp,
    rejection::XRejection,
};
use birdcall_vendors::{
    http::Answer,
    x::fuzzing::{created_post, deletion, page},
};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

const NOW: Timestamp = Timestamp(1_795_366_805_000);
/// How much of X's explanation is told, in characters.
const DETAIL_MAX: usize = 120;

fuzz_target!(|input: &str| {
    let mut lines = input.splitn(3, '\n');
    let status = lines
        .next()
        .and_then(|line| line.parse().ok())
        .unwrap_or(200);
    let text = lines.next().unwrap_or_default();
    let answer = Answer {
        status,
        headers: http::HeaderMap::new(),
        body: lines.next().unwrap_or_default().as_bytes().to_vec(),
    };
    let body = serde_json::from_slice(&answer.body).unwrap_or(Value::Null);
    check_created(&answer, text, &body);
    check_deleted(&answer, &body);
    check_page(&answer, &body);
});

fn check_created(answer: &Answer, text: &str, body: &Value) {
    let id = body["data"]["id"].as_str().filter(|id| is_number(id));
    let created = created_post(answer, text, NOW);
    match (answer.status, id) {
        (200..=299, Some(id)) => assert_eq!(created.as_deref(), Ok(id)),
        // X did something, and does not say what.
        (200..=299, None) => {
            assert_eq!(created, Err(CallError::InDoubt(Trouble::Unreadable)));
        }
        // X did nothing.
        (400..=499, _) => assert!(!matches!(created, Ok(_) | Err(CallError::InDoubt(_)))),
        (status, _) => {
            assert_eq!(created, Err(CallError::InDoubt(Trouble::Status(status))));
        }
    }
    check_detail(&created);
    // These bodies are no words of X's, so they end nothing.
    if !answer.body.is_empty() && !body.is_object() {
        assert!(!matches!(
            created,
            Err(CallError::Rejected(_) | CallError::Unauthorized | CallError::PaymentRequired)
        ));
    }
}

fn check_detail<T>(read: &Result<T, CallError<XRejection>>) {
    let Err(CallError::Rejected(
        XRejection::Other { detail, .. } | XRejection::AppForbidden { detail },
    )) = read
    else {
        return;
    };
    assert!(detail.chars().count() <= DETAIL_MAX, "{detail:?}");
    assert!(!detail.chars().any(char::is_control), "{detail:?}");
    assert_eq!(detail.trim(), detail);
}

fn check_deleted(answer: &Answer, body: &Value) {
    let deleted = deletion(answer, "1", NOW);
    if deleted.is_ok() {
        assert!((200..500).contains(&answer.status));
        let says = |words: &str| body.to_string().contains(words);
        let is_success = answer.status < 300 && body["data"]["deleted"] == true;
        assert!(
            is_success || says("resource-not-found") || says("144"),
            "{body}"
        );
    }
    assert!(!matches!(deleted, Err(CallError::InDoubt(_))));
    check_detail(&deleted);
}

fn check_page(answer: &Answer, body: &Value) {
    let Ok((posts, is_complete)) = page(answer, NOW) else {
        return;
    };
    assert!((200..300).contains(&answer.status));
    let rows = body["data"].as_array().map_or(0, Vec::len);
    assert!(posts.len() <= rows);
    if is_complete {
        assert_eq!(posts.len(), rows);
        assert_eq!(
            body["meta"]["result_count"].as_u64(),
            u64::try_from(rows).ok()
        );
        assert!(body["errors"].as_array().is_none_or(Vec::is_empty));
        assert!(body["meta"]["next_token"].is_null());
    }
}

fn is_number(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit())
}
