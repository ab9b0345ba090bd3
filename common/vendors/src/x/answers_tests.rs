//! What answers of X mean, in the words that X uses.

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

fn meaning(status: u16, headers: &[(&str, &str)], body: &str) -> String {
    match read_answer(&answer(status, headers, body), Effect::Write, Timestamp(0)) {
        Ok(body) => {
            read_post_id(&body).map_or_else(|e| format!("{e:?}"), |id| format!("created {id}"))
        }
        Err(error) => format!("{error:?}"),
    }
}

#[test]
fn each_answer_of_x_has_one_meaning() {
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
        assert_eq!(meaning(status, &[], body), expected, "{status} {body}");
    }
}

#[test]
fn a_spent_24_hour_limit_says_when_the_next_call_is_allowed() {
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
        assert_eq!(meaning(429, headers, ""), expected);
    }
}

#[test]
fn an_answer_to_a_repeatable_call_is_never_in_doubt() {
    let outage = answer(503, &[], "");
    let read = read_answer(&outage, Effect::Repeatable, Timestamp(0));
    assert_eq!(read, Err(CallError::NotSent(Trouble::Status(503))));
}
