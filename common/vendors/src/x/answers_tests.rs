//! What answers of X mean, in the words that X uses.

use super::{
    super::errors::{KNOWN, Name},
    *,
};

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

/// The older API's body.
fn legacy(code: u32, message: &str) -> String {
    serde_json::json!({"errors": [{"code": code, "message": message}]}).to_string()
}

/// A problem with this end of its type.
fn typed(name: &str, detail: &str) -> String {
    let kind = format!("https://api.x.com/2/problems/{name}");
    serde_json::json!({"type": kind, "title": "Title", "detail": detail}).to_string()
}

/// A problem without a type of its own.
fn blank(detail: &str) -> String {
    serde_json::json!({"type": "about:blank", "title": "Forbidden", "detail": detail}).to_string()
}

fn meaning(status: u16, headers: &[(&str, &str)], body: &str) -> String {
    match read_answer(&answer(status, headers, body), Effect::Write, Timestamp(0)) {
        Ok(body) => {
            read_post_id(&body).map_or_else(|e| format!("{e:?}"), |id| format!("created {id}"))
        }
        Err(error) => format!("{error:?}"),
    }
}

/// What the person is told, or the operator, in short.
fn short(status: u16, body: &str) -> String {
    match read_answer(&answer(status, &[], body), Effect::Write, Timestamp(0)) {
        Ok(_) => "done".to_owned(),
        Err(CallError::Rejected(XRejection::AppForbidden { .. })) => "operator".to_owned(),
        Err(CallError::Rejected(XRejection::Other { detail, .. })) => format!("says: {detail}"),
        Err(CallError::Rejected(rejection)) => format!("{rejection:?}"),
        Err(CallError::RateLimited { scope, .. }) => format!("limit of the {scope:?}"),
        Err(CallError::PaymentRequired) => "credit".to_owned(),
        Err(CallError::Unauthorized) => "token".to_owned(),
        Err(CallError::NotSent(_)) => "again".to_owned(),
        Err(CallError::InDoubt(_)) => "look".to_owned(),
    }
}

#[test]
fn every_row_of_the_table_decides_as_it_says() {
    let mut names = Vec::new();
    for row in KNOWN.iter() {
        let body = match row.name {
            Name::Type(name) => typed(name, "d"),
            Name::Code(code) => legacy(code, "m"),
            Name::Words => blank(row.words),
        };
        let problem = Problem::read(&answer(row.status, &[], &body)).expect("words of X");
        assert_eq!(judge(&problem, ""), &row.becomes, "{row:?}");
        if row.becomes != Becomes::ByStatus && !row.words.is_empty() {
            let said = blank(&format!("Forbidden: {}. Please read our rules.", row.words));
            let problem = Problem::read(&answer(row.status, &[], &said)).expect("words of X");
            assert_eq!(judge(&problem, ""), &row.becomes, "{row:?}");
        }
        assert!((400..600).contains(&row.status), "{row:?}");
        names.push(format!("{:?} {}", row.name, row.words));
    }
    let rows = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), rows, "a row is there twice");
}

#[test]
fn each_code_of_the_older_api_has_one_meaning() {
    for (code, status, expected) in [
        (32, 401, "token"),
        (34, 404, "again"),
        (50, 404, "again"),
        (63, 403, "AccountSuspended"),
        (64, 403, "AccountSuspended"),
        (68, 410, "operator"),
        (87, 403, "operator"),
        (88, 429, "limit of the User"),
        (88, 403, "limit of the User"),
        (89, 403, "token"),
        (89, 401, "token"),
        (93, 403, "operator"),
        (99, 403, "token"),
        (120, 403, "says: m"),
        (130, 503, "look"),
        (131, 500, "look"),
        (135, 401, "token"),
        (139, 403, "says: m"),
        (144, 404, "again"),
        (150, 403, "says: m"),
        (151, 403, "says: m"),
        (179, 403, "says: m"),
        (185, 403, "limit of the User"),
        (186, 403, "TooLong"),
        (187, 403, "Duplicate"),
        (195, 403, "says: m"),
        (205, 403, "limit of the User"),
        (215, 400, "token"),
        (220, 403, "token"),
        (226, 403, "LooksAutomated"),
        (231, 403, "ConfirmAccount"),
        (250, 403, "says: m"),
        (251, 410, "operator"),
        (261, 403, "operator"),
        (271, 403, "says: m"),
        (272, 403, "says: m"),
        (323, 400, "Media"),
        (324, 400, "Media"),
        (325, 400, "Media"),
        (326, 403, "AccountLocked"),
        (327, 403, "says: m"),
        (344, 403, "limit of the User"),
        (354, 403, "says: m"),
        (385, 403, "says: m"),
        (386, 403, "says: m"),
        (407, 400, "BadLink"),
        (409, 400, "says: m"),
        (415, 403, "operator"),
        (416, 401, "operator"),
        (416, 403, "operator"),
        (417, 401, "operator"),
        (425, 403, "says: m"),
        (433, 403, "ReplyNotAllowed"),
        (99_999, 400, "says: m"),
        (99_999, 401, "token"),
        (99_999, 402, "credit"),
        (99_999, 403, "says: m"),
        (99_999, 404, "again"),
        (99_999, 409, "again"),
        (99_999, 410, "again"),
        (99_999, 422, "says: m"),
        (99_999, 425, "again"),
        (99_999, 429, "limit of the User"),
        (99_999, 500, "look"),
    ] {
        assert_eq!(
            short(status, &legacy(code, "m")),
            expected,
            "{code} {status}"
        );
        let top = format!(r#"{{"code":{code},"message":"m"}}"#);
        assert_eq!(short(status, &top), expected, "{code} {status}, at the top");
    }
}

#[test]
fn each_type_of_a_problem_has_one_meaning() {
    for (name, status, expected) in [
        ("resource-not-found", 404, "again"),
        ("invalid-request", 400, "says: d"),
        ("not-authorized-for-resource", 403, "says: d"),
        ("not-authorized-for-field", 403, "says: d"),
        ("field-unauthorized", 403, "says: d"),
        ("field-hydration-failure", 400, "says: d"),
        ("resource-unavailable", 404, "again"),
        ("disallowed-resource", 403, "says: d"),
        ("internal-error", 500, "look"),
        ("internal-error", 400, "again"),
        ("client-forbidden", 403, "operator"),
        ("client-forbidden", 401, "operator"),
        ("unsupported-authentication", 403, "operator"),
        ("oauth1-permissions", 403, "operator"),
        ("usage-capped", 429, "limit of the App"),
        ("usage-capped", 403, "limit of the App"),
        ("rate-limit-exceeded", 429, "limit of the User"),
        ("rate-limit-exceeded", 403, "limit of the User"),
        ("credits", 402, "credit"),
        ("credits-depleted", 402, "credit"),
        ("credits-depleted", 403, "credit"),
        ("duplicate-rules", 400, "says: d"),
        ("rule-cap", 400, "says: d"),
        ("something-new", 403, "says: d"),
        ("something-new", 404, "again"),
        ("something-new", 503, "look"),
    ] {
        assert_eq!(
            short(status, &typed(name, "d")),
            expected,
            "{name} {status}"
        );
        let old = typed(name, "d").replace("api.x.com", "api.twitter.com");
        assert_eq!(
            short(status, &old),
            expected,
            "{name} {status}, before 2026"
        );
    }
}

#[test]
fn real_answers_of_x() {
    let errors = |message: &str| {
        serde_json::json!({"errors": [{"parameters": {"text": ["Status is a duplicate."]}, "message": message}],
            "title": "Invalid Request", "detail": "One or more parameters to your request was invalid.",
            "type": "https://api.x.com/2/problems/invalid-request"})
        .to_string()
    };
    for (status, body, expected) in [
        (403, blank("You are not allowed to create a Tweet with duplicate content."), "Duplicate"),
        (403, blank("You are not allowed to create a post with duplicate content."), "Duplicate"),
        (403, typed("not-authorized-for-resource", "You can only reply to or quote posts where you are mentioned or are the author."), "ReplyNotAllowed"),
        (403, blank("Reply to this conversation is not allowed because you have not been mentioned or otherwise engaged by the author of the post you are replying to."), "ReplyNotAllowed"),
        (403, blank("Requests that include more than 1 cashtag will be rejected"), "Cashtags"),
        (403, legacy(0, "To protect our users from spam and other malicious activity, this account is temporarily locked. Please log in to https://twitter.com to unlock your account."), "AccountLocked"),
        (403, blank("Your account is suspended and is not permitted to access this feature"), "AccountSuspended"),
        (403, blank("User is over daily status update limit."), "limit of the User"),
        (403, blank("Authorization: You have reached your daily limit for sending Tweets and messages. Please try again later. (344)"), "limit of the User"),
        (403, blank("Your client application has been suspended."), "operator"),
        (403, blank("This app has been suspended from posting."), "operator"),
        (403, blank("Your client app is not configured with the appropriate oauth1 app permissions for this endpoint."), "operator"),
        (403, blank("Application cannot perform write actions. Contact Support with your app id."), "operator"),
        (403, blank("Read-only application cannot POST."), "operator"),
        (403, blank("When authenticating requests to the Twitter API v2 endpoints, you must use keys and tokens from a Twitter developer App that is attached to a Project."), "operator"),
        (401, legacy(0, "Invalid / suspended application"), "operator"),
        (403, blank("The app 'Birdcall' has been suspended for violating the rules."), "operator"),
        (403, blank("Your X developer account is suspended."), "operator"),
        (403, blank("Your account, @demo, has been suspended."), "AccountSuspended"),
        (403, r#"{"reason":"client-not-enrolled","title":"Client Forbidden","detail":"x"}"#.to_owned(), "operator"),
        (403, typed("not-authorized-for-resource", "Scope is not authorized"), "MissingScope"),
        (403, blank("Your token is missing required scopes."), "MissingScope"),
        (403, blank("You are not permitted to perform this action."), "says: You are not permitted to perform this action."),
        (403, blank("You have been blocked from replying to this post."), "says: You have been blocked from replying to this post."),
        (403, blank("This user is not allowed to post a video longer than 2 minutes."), "Media"),
        (400, errors("Your media IDs are invalid."), "Media"),
        (400, errors("There was a problem."), "says: There was a problem."),
        (400, blank("Your Tweet text is too long. For more information on how Twitter determines text length see https://github.com/twitter/twitter-text."), "TooLong"),
        (400, errors("The text [You are not allowed to create a Tweet with duplicate content.] is not valid."), "says: The text [You are not allowed to create a Tweet with duplicate content.] is not valid."),
        (402, r#"{"account_id":18446744073709551616,"title":"CreditsDepleted","type":"https://api.twitter.com/2/problems/credits"}"#.to_owned(), "credit"),
        (402, r#"{"detail":"credits depleted","status":402}"#.to_owned(), "credit"),
        (403, r#"{"title":"UsageCapExceeded","period":"Monthly","detail":"Usage cap exceeded: Monthly product cap"}"#.to_owned(), "limit of the App"),
        (401, r#"{"title":"Unauthorized","type":"about:blank","status":401,"detail":"Unauthorized"}"#.to_owned(), "token"),
        (401, String::new(), "token"),
        (404, r#"{"title":"Not Found","type":"about:blank"}"#.to_owned(), "again"),
        (404, String::new(), "again"),
        (403, String::new(), "says: "),
        (403, "{}".to_owned(), "says: "),
        (403, r#"{"title":"Forbidden"}"#.to_owned(), "says: Forbidden"),
        (403, r#"{"errors":["Just words."]}"#.to_owned(), "says: Just words."),
        (403, r#"{"error":"Status is a duplicate."}"#.to_owned(), "Duplicate"),
        (429, legacy(88, "Rate limit exceeded"), "limit of the User"),
        (500, String::new(), "look"),
        (503, "<html>".to_owned(), "look"),
    ] {
        assert_eq!(short(status, &body), expected, "{status} {body}");
    }
}

#[test]
fn the_edge_in_front_of_x_judges_nothing() {
    let json = r#"{"type":"https://developers.cloudflare.com/support/1020","title":"Error 1020: Access denied","status":403,"cloudflare_error":true}"#;
    for status in [400, 401, 402, 403, 404, 405, 413, 414, 431, 451] {
        for body in [
            "<html>Your account is suspended</html>",
            "Forbidden",
            json,
            "[]",
            "null",
            "7",
        ] {
            assert_eq!(short(status, body), "again", "{status} {body}");
        }
    }
    assert_eq!(short(429, "<html>"), "limit of the User");
    assert_eq!(short(503, json), "look");
}

#[test]
fn what_a_person_wrote_never_decides() {
    let text = "Your account is suspended";
    let body = blank("Not accepted: your account is suspended");
    let read = |text| {
        let answer = answer(403, &[], &body);
        read_answer_to(&answer, Effect::Write, text, Timestamp(0))
    };
    assert_eq!(
        read("hello"),
        Err(CallError::Rejected(XRejection::AccountSuspended))
    );
    assert!(matches!(
        read(text),
        Err(CallError::Rejected(XRejection::Other { .. }))
    ));
}

#[test]
fn only_an_id_proves_a_post() {
    for (status, body, expected) in [
        (201, r#"{"data":{"id":"1859","text":"x"}}"#, "created 1859"),
        (
            201,
            r#"{"data":{"text":"x"},"errors":[]}"#,
            "InDoubt(Unreadable)",
        ),
        (201, r#"{"data":{"id":1859}}"#, "InDoubt(Unreadable)"),
        (
            200,
            r#"{"errors":[{"code":344,"message":"Daily limit"}]}"#,
            "InDoubt(Unreadable)",
        ),
        (200, "<html>", "InDoubt(Unreadable)"),
    ] {
        assert_eq!(meaning(status, &[], body), expected, "{body}");
    }
}

#[test]
fn a_post_is_deleted_when_x_says_so() {
    let not_found = |extra: &str| {
        format!(
            r#"{{"title":"Not Found Error","type":"https://api.x.com/2/problems/resource-not-found"{extra}}}"#
        )
    };
    let listed = format!(r#"{{"errors":[{}]}}"#, not_found(r#","resource_id":"7""#));
    for (status, body, expected) in [
        (200, r#"{"data":{"deleted":true}}"#, "gone"),
        (200, r#"{"data":{"deleted":false}}"#, "NotSent(Unreadable)"),
        (200, r#"{"data":{}}"#, "NotSent(Unreadable)"),
        (200, "{}", "NotSent(Unreadable)"),
        (200, "<html>", "NotSent(Unreadable)"),
        (204, "", "NotSent(Unreadable)"),
        (404, &not_found(""), "gone"),
        (
            404,
            &not_found(r#","resource_type":"tweet","resource_id":"7""#),
            "gone",
        ),
        (
            404,
            &not_found(r#","resource_type":"user","resource_id":"7""#),
            "NotSent(Status(404))",
        ),
        (
            404,
            &not_found(r#","resource_id":"8""#),
            "NotSent(Status(404))",
        ),
        (200, &listed, "gone"),
        (404, &listed, "gone"),
        (404, &legacy(144, "No status found with that ID."), "gone"),
        (
            404,
            &legacy(34, "Sorry, that page does not exist"),
            "NotSent(Status(404))",
        ),
        (
            404,
            r#"{"title":"Not Found","type":"about:blank"}"#,
            "NotSent(Status(404))",
        ),
        (404, "{}", "NotSent(Status(404))"),
        (404, "<html>", "NotSent(Status(404))"),
        (404, "", "NotSent(Status(404))"),
        (410, "", "NotSent(Status(410))"),
        (503, "", "NotSent(Status(503))"),
        (
            403,
            &blank("You may not delete it."),
            "Rejected(Other { status: 403, detail: \"You may not delete it.\" })",
        ),
    ] {
        let found = match read_deletion(&answer(status, &[], body), "7", Timestamp(0)) {
            Ok(()) => "gone".to_owned(),
            Err(error) => format!("{error:?}"),
        };
        assert_eq!(found, expected, "{status} {body}");
    }
}

#[test]
fn a_reset_that_cannot_be_true_is_no_reset() {
    let now = Timestamp::from_secs(1_000_000_000);
    let none = "RateLimited { until: None, scope: User }";
    let at = |seconds: i64| {
        format!("RateLimited {{ until: Some(Timestamp({seconds}000)), scope: User }}")
    };
    let read = |status: u16, headers: &[(&str, &str)]| {
        let body = legacy(88, "Rate limit exceeded");
        format!(
            "{:?}",
            read_answer(&answer(status, headers, &body), Effect::Write, now).unwrap_err()
        )
    };
    for (value, expected) in [
        ("1000000900", at(1_000_000_900)),
        (" 1000000900 ", at(1_000_000_900)),
        ("1000000900000", at(1_000_000_900)),
        ("1000000000", none.to_owned()),
        ("999999999", none.to_owned()),
        ("0", none.to_owned()),
        ("-1", none.to_owned()),
        ("900", none.to_owned()),
        ("99999999999", none.to_owned()),
        ("1000000900000000", none.to_owned()),
        ("9223372036854775807", none.to_owned()),
        ("99999999999999999999", none.to_owned()),
        ("soon", none.to_owned()),
        ("", none.to_owned()),
    ] {
        assert_eq!(
            read(429, &[("x-rate-limit-reset", value)]),
            expected,
            "{value}"
        );
    }
    for (value, expected) in [
        ("7", at(1_000_000_007)),
        ("0", none.to_owned()),
        ("-7", none.to_owned()),
        ("18446744073709551615", none.to_owned()),
        ("Sun, 09 Sep 2001 01:46:47 GMT", at(1_000_000_007)),
        ("Sun, 09 Sep 2001 01:46:33 GMT", none.to_owned()),
        ("soon", none.to_owned()),
    ] {
        assert_eq!(read(429, &[("retry-after", value)]), expected, "{value}");
    }
    // The window has calls left, or it is another limit than the window's: its reset means nothing.
    let reset = ("x-rate-limit-reset", "1000000900");
    assert_eq!(read(429, &[reset, ("x-rate-limit-remaining", "5")]), none);
    assert_eq!(read(403, &[reset]), none);
    assert_eq!(
        read(403, &[reset, ("x-rate-limit-remaining", "0")]),
        at(1_000_000_900)
    );
    assert_eq!(read(403, &[reset, ("retry-after", "7")]), at(1_000_000_007));
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
