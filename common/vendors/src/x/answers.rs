//! What X's answers mean. Pure; by HTTP status first, by the end of `type` next, by words last
//! (X calls changing its words a non-breaking change).

use birdcall_domain::{
    call::{CallError, LimitScope, Trouble},
    clock::Timestamp,
    rejection::XRejection,
};
use serde_json::Value;

use crate::http::Answer;

/// X's own words that are kept, in characters.
const DETAIL_MAX: usize = 120;

/// Whether a call changes something at X: then a 5xx says nothing about the effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Creates something.
    Write,
    /// Reads, or deletes what may be deleted twice.
    Repeatable,
}

/// Judges an answer: the JSON of a success, or what it means that there is none.
///
/// # Errors
///
/// Everything that is not 2xx with JSON.
pub fn judge(
    answer: &Answer,
    effect: Effect,
    now: Timestamp,
) -> Result<Value, CallError<XRejection>> {
    let unclear = |trouble| match effect {
        Effect::Write => CallError::InDoubt(trouble),
        Effect::Repeatable => CallError::NotSent(trouble),
    };
    match answer.status {
        200..=299 => answer.json().ok_or(unclear(Trouble::Unreadable)),
        401 => Err(CallError::Unauthorized),
        402 => Err(CallError::PaymentRequired),
        429 => Err(rate_limited(answer, now)),
        // Paths of X have answered 404 in outages; nothing was posted.
        404 | 408 | 425 => Err(CallError::NotSent(Trouble::Status(answer.status))),
        // A page of the edge in front of X says nothing about the post, and X never saw it.
        400..=499 if !answer.body.is_empty() && answer.json().is_none() => {
            Err(CallError::NotSent(Trouble::Status(answer.status)))
        }
        400..=499 => Err(CallError::Rejected(rejection(answer))),
        status => Err(unclear(Trouble::Status(status))),
    }
}

/// The id of a created post: the only proof of success.
///
/// # Errors
///
/// A 2xx without `data.id` is in doubt.
pub fn created_post(body: &Value) -> Result<String, CallError<XRejection>> {
    match body["data"]["id"].as_str() {
        Some(id) if !id.is_empty() && id.bytes().all(|b| b.is_ascii_digit()) => Ok(id.to_owned()),
        _ => Err(CallError::InDoubt(Trouble::Unreadable)),
    }
}

/// When a 24-hour limit has nothing left, its reset governs, not the 15-minute one.
fn rate_limited(answer: &Answer, now: Timestamp) -> CallError<XRejection> {
    let reset_of = |prefix: &str| {
        (answer.number(&format!("{prefix}-remaining")) == Some(0))
            .then(|| answer.number(&format!("{prefix}-reset")))
            .flatten()
            .map(Timestamp::from_secs)
    };
    if let Some(until) = reset_of("x-app-limit-24hour") {
        return CallError::RateLimited {
            until: Some(until),
            scope: LimitScope::App,
        };
    }
    let text = lower_text(answer);
    if text.contains("usage-capped") || text.contains("usagecapexceeded") {
        // A spent cap: waiting minutes does not help, and it is everybody's.
        return CallError::RateLimited {
            until: answer.retry_after(now),
            scope: LimitScope::App,
        };
    }
    let until = reset_of("x-user-limit-24hour")
        .or_else(|| {
            answer
                .number("x-rate-limit-reset")
                .map(Timestamp::from_secs)
        })
        .or_else(|| answer.retry_after(now));
    CallError::RateLimited {
        until,
        scope: LimitScope::User,
    }
}

fn lower_text(answer: &Answer) -> String {
    String::from_utf8_lossy(&answer.body).to_lowercase()
}

fn rejection(answer: &Answer) -> XRejection {
    let text = lower_text(answer);
    let says = |words: &str| text.contains(words);
    let json = answer.json().unwrap_or(Value::Null);
    let kind = json["type"]
        .as_str()
        .and_then(|uri| uri.rsplit('/').next())
        .unwrap_or_default();
    if kind == "client-forbidden" || says("client-not-enrolled") {
        XRejection::AppForbidden
    } else if says("scope") && (kind == "not-authorized-for-resource" || says("not authorized")) {
        XRejection::MissingScope
    } else if says("duplicate") {
        XRejection::Duplicate
    } else if says("too long") {
        XRejection::TooLong
    } else if says("reply to") || says("replying to") {
        XRejection::ReplyNotAllowed
    } else if says("cashtag") {
        XRejection::Cashtags
    } else if says("locked") {
        XRejection::AccountLocked
    } else if says("suspended") {
        XRejection::AccountSuspended
    } else if says("media id") || says("post a video") {
        XRejection::Media
    } else {
        XRejection::Other {
            status: answer.status,
            detail: detail(&json),
        }
    }
}

fn detail(json: &Value) -> String {
    let words = json["detail"]
        .as_str()
        .or_else(|| json["errors"][0]["message"].as_str())
        .or_else(|| json["message"].as_str())
        .or_else(|| json["error_description"].as_str())
        .or_else(|| json["title"].as_str())
        .unwrap_or_default();
    words
        .chars()
        .filter(|c| !c.is_control())
        .take(DETAIL_MAX)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut map = http::HeaderMap::new();
        for (name, value) in headers {
            map.insert(
                http::HeaderName::from_bytes(name.as_bytes()).unwrap(),
                value.parse().unwrap(),
            );
        }
        Answer {
            status,
            headers: map,
            body: body.as_bytes().to_vec(),
        }
    }

    fn class(status: u16, headers: &[(&str, &str)], body: &str) -> String {
        match judge(&answer(status, headers, body), Effect::Write, Timestamp(0)) {
            Ok(body) => {
                created_post(&body).map_or_else(|e| format!("{e:?}"), |id| format!("created {id}"))
            }
            Err(error) => format!("{error:?}"),
        }
    }

    #[test]
    fn the_catalogue() {
        let duplicate = r#"{"detail":"You are not allowed to create a Tweet with duplicate content.","type":"about:blank","title":"Forbidden","status":403}"#;
        for (status, body, expected) in [
            (201, r#"{"data":{"id":"1859","text":"x"}}"#, "created 1859"),
            (
                201,
                r#"{"data":{"text":"x"},"errors":[]}"#,
                "InDoubt(Unreadable)",
            ),
            (200, "<html>", "InDoubt(Unreadable)"),
            (403, duplicate, "Rejected(Duplicate)"),
            (
                403,
                r#"{"detail":"You are not allowed to create a post with duplicate content."}"#,
                "Rejected(Duplicate)",
            ),
            (
                403,
                r#"{"detail":"You can only reply to or quote posts where you are mentioned or are the author.","type":"https://api.x.com/2/problems/not-authorized-for-resource"}"#,
                "Rejected(ReplyNotAllowed)",
            ),
            (
                403,
                r#"{"detail":"Reply to this conversation is not allowed because you have not been mentioned or otherwise engaged by the author of the post you are replying to."}"#,
                "Rejected(ReplyNotAllowed)",
            ),
            (
                403,
                r#"{"detail":"Requests that include more than 1 cashtag will be rejected"}"#,
                "Rejected(Cashtags)",
            ),
            (
                403,
                r#"{"errors":[{"code":326,"message":"To protect our users from spam and other malicious activity, this account is temporarily locked."}]}"#,
                "Rejected(AccountLocked)",
            ),
            (
                403,
                r#"{"errors":[{"code":64,"message":"Your account is suspended and is not permitted to access this feature."}]}"#,
                "Rejected(AccountSuspended)",
            ),
            (
                403,
                r#"{"reason":"client-not-enrolled","type":"https://api.twitter.com/2/problems/client-forbidden"}"#,
                "Rejected(AppForbidden)",
            ),
            (
                403,
                r#"{"detail":"Scope is not authorized","type":"https://api.x.com/2/problems/not-authorized-for-resource"}"#,
                "Rejected(MissingScope)",
            ),
            (
                403,
                r#"{"detail":"This user is not allowed to post a video longer than 2 minutes."}"#,
                "Rejected(Media)",
            ),
            (
                403,
                r#"{"detail":"You are not permitted to perform this action."}"#,
                "Rejected(Other { status: 403, detail: \"You are not permitted to perform this action.\" })",
            ),
            (
                400,
                r#"{"errors":[{"message":"Your media IDs are invalid."}],"title":"Invalid Request"}"#,
                "Rejected(Media)",
            ),
            (
                400,
                r#"{"detail":"Your Tweet text is too long."}"#,
                "Rejected(TooLong)",
            ),
            (400, "not json", "NotSent(Status(400))"),
            (403, "<html>blocked</html>", "NotSent(Status(403))"),
            (401, r#"{"title":"Unauthorized"}"#, "Unauthorized"),
            (
                402,
                r#"{"account_id":18446744073709551615,"title":"CreditsDepleted","type":"https://api.twitter.com/2/problems/credits"}"#,
                "PaymentRequired",
            ),
            (
                402,
                r#"{"detail":"credits depleted","status":402}"#,
                "PaymentRequired",
            ),
            (404, "", "NotSent(Status(404))"),
            (500, "", "InDoubt(Status(500))"),
            (503, "<html>", "InDoubt(Status(503))"),
            (
                429,
                r#"{"errors":[{"code":88,"message":"Rate limit exceeded"}]}"#,
                "RateLimited { until: None, scope: User }",
            ),
            (
                429,
                r#"{"title":"UsageCapExceeded","type":"https://api.twitter.com/2/problems/usage-capped"}"#,
                "RateLimited { until: None, scope: App }",
            ),
        ] {
            assert_eq!(class(status, &[], body), expected, "{status} {body}");
        }
    }

    #[test]
    fn the_reset_that_governs() {
        let fifteen = ("x-rate-limit-reset", "900");
        for (headers, expected) in [
            (
                &[fifteen][..],
                "RateLimited { until: Some(Timestamp(900000)), scope: User }",
            ),
            (
                &[("retry-after", "7")][..],
                "RateLimited { until: Some(Timestamp(7000)), scope: User }",
            ),
            (
                &[
                    fifteen,
                    ("x-user-limit-24hour-remaining", "0"),
                    ("x-user-limit-24hour-reset", "86400"),
                ][..],
                "RateLimited { until: Some(Timestamp(86400000)), scope: User }",
            ),
            (
                &[
                    fifteen,
                    ("x-app-limit-24hour-remaining", "0"),
                    ("x-app-limit-24hour-reset", "86400"),
                ][..],
                "RateLimited { until: Some(Timestamp(86400000)), scope: App }",
            ),
            (
                &[
                    fifteen,
                    ("x-app-limit-24hour-remaining", "5"),
                    ("x-app-limit-24hour-reset", "86400"),
                ][..],
                "RateLimited { until: Some(Timestamp(900000)), scope: User }",
            ),
        ] {
            assert_eq!(class(429, headers, ""), expected);
        }
    }

    #[test]
    fn a_read_is_never_in_doubt() {
        let outage = answer(503, &[], "");
        let judged = judge(&outage, Effect::Repeatable, Timestamp(0));
        assert_eq!(judged, Err(CallError::NotSent(Trouble::Status(503))));
    }
}
