//! Texts that cannot be posted: their senders get one reply that says why and what to do.

use birdcall_sim::{Fault, UserOptions};
use serde_json::{Value, json};

use crate::prelude::*;

/// A problem in the words that X uses since August 2026.
fn problem(status: u16, detail: &str) -> Value {
    json!({"title": "Forbidden", "type": "about:blank", "status": status, "detail": detail})
}

/// An error in the shape of the older API.
fn legacy(code: u32, message: &str) -> Value {
    json!({"errors": [{"code": code, "message": message}]})
}

/// A problem with a list of errors, which X answers to wrong parameters.
fn invalid(message: &str) -> Value {
    json!({
        "errors": [{"parameters": {}, "message": message}],
        "title": "Invalid Request",
        "detail": "One or more parameters to your request was invalid.",
        "type": "https://api.x.com/2/problems/invalid-request"
    })
}

/// The status and body of each answer by X, and the reply that the sender gets.
fn catalogue() -> Vec<(u16, Value, &'static str)> {
    let not_authorized = |detail: &str| {
        json!({"title": "Forbidden", "status": 403, "detail": detail,
            "type": "https://api.x.com/2/problems/not-authorized-for-resource"})
    };
    vec![
        (
            403,
            problem(
                403,
                "You are not allowed to create a Tweet with duplicate content.",
            ),
            "'text' was not posted: X says you already posted this text. Change it and text it again.",
        ),
        (
            403,
            problem(
                403,
                "You are not allowed to create a Post with duplicate content.",
            ),
            "'text' was not posted: X says you already posted this text. Change it and text it again.",
        ),
        (
            403,
            not_authorized(
                "You can only reply to or quote posts where you are mentioned or are the author.",
            ),
            "'text' was not posted: X allows replies only where you were mentioned.",
        ),
        (
            403,
            problem(
                403,
                "Reply to this conversation is not allowed because you have not been mentioned or otherwise engaged by the author of the post you are replying to.",
            ),
            "'text' was not posted: X allows replies only where you were mentioned.",
        ),
        (
            403,
            problem(
                403,
                "Requests that include more than 1 cashtag will be rejected",
            ),
            "'text' was not posted: X allows only one cashtag ($) in a post.",
        ),
        (
            403,
            problem(403, "You are not permitted to perform this action."),
            "'text' was not posted: X says: You are not permitted to perform this action.",
        ),
        (
            403,
            legacy(
                326,
                "To protect our users from spam and other malicious activity, this account is temporarily locked. Please log in to https://twitter.com to unlock your account.",
            ),
            "'text' was not posted: X has locked your account. Unlock it at x.com, then text it again.",
        ),
        (
            403,
            legacy(
                64,
                "Your account is suspended and is not permitted to access this feature",
            ),
            "'text' was not posted: X has suspended your account.",
        ),
        (
            403,
            problem(
                403,
                "This user is not allowed to post a video longer than 2 minutes.",
            ),
            "'text' was not posted: X did not accept the picture or video.",
        ),
        (
            400,
            invalid("Your media IDs are invalid."),
            "'text' was not posted: X did not accept the picture or video.",
        ),
        (
            400,
            problem(
                400,
                "Your Tweet text is too long. For more information on how Twitter determines text length see https://github.com/twitter/twitter-text.",
            ),
            "'text' was not posted: X says it is too long. Shorten it and text it again.",
        ),
        (
            403,
            legacy(
                186,
                "Tweet needs to be a bit shorter; your text is too long.",
            ),
            "'text' was not posted: X says it is too long. Shorten it and text it again.",
        ),
        (
            400,
            invalid("There was a problem."),
            "'text' was not posted: X says: There was a problem.",
        ),
        (
            403,
            Value::Null,
            "'text' was not posted: X refused it without giving a reason.",
        ),
        (
            403,
            json!({}),
            "'text' was not posted: X refused it without giving a reason.",
        ),
        (
            403,
            json!({"code": 1, "message": "“Curly” words…"}),
            "'text' was not posted: X says: \"Curly\" words...",
        ),
    ]
}

#[tokio::test]
async fn trouble_with_the_operators_app_is_told_as_that_and_loses_no_text() {
    for (status, body) in [
        (
            403,
            json!({"reason": "client-not-enrolled", "title": "Client Forbidden",
                "type": "https://api.twitter.com/2/problems/client-forbidden", "detail": "x"}),
        ),
        (
            403,
            problem(403, "Your client application has been suspended."),
        ),
        (
            403,
            legacy(261, "Application cannot perform write actions."),
        ),
        (401, legacy(416, "Invalid / suspended application")),
    ] {
        let app = both_linked().await;
        app.sim.fault(Fault::answer("x.create_post", status, body));
        let one = app.says(ALICE, "one").await;
        assert_eq!(app.state(&one).await, "waiting/operator");
        assert_eq!(
            app.last_reply(ALICE),
            "X does not let Birdcall post right now. We kept 'one' and will post it once the operator has fixed that."
        );
        let two = app.says(BOB, "two").await;
        assert_eq!(app.state(&two).await, "waiting/operator");
        assert_eq!(app.calls("x.create_post"), 1, "posting pauses for all");
        app.wait(HOUR).await;
        app.sim.clear_faults();
        app.wait(20 * MINUTE).await;
        let mut posts = app.posts();
        posts.sort();
        assert_eq!(posts, ["one", "two"]);
        app.end().await;
    }
}

#[tokio::test]
async fn a_limit_that_comes_as_a_refusal_is_waited_for() {
    for body in [
        problem(403, "User is over daily status update limit."),
        legacy(185, "User is over daily status update limit."),
    ] {
        let app = linked().await;
        app.sim
            .fault(Fault::answer("x.create_post", 403, body).times(3));
        let sid = app.says(ALICE, "text").await;
        assert_eq!(app.state(&sid).await, "waiting/rate_limit");
        assert_eq!(
            app.last_reply(ALICE),
            "X asks us to wait. We kept 'text' and will post it as soon as X lets us."
        );
        app.wait(5 * MINUTE).await;
        assert_eq!(app.posts(), ["text"]);
        assert_eq!(app.calls("x.create_post"), 4);
        app.end().await;
    }
}

#[tokio::test]
async fn a_page_of_the_edge_in_front_of_x_refuses_nothing() {
    for status in [400, 403, 451] {
        let app = linked().await;
        let page = json!("<html>Your account is suspended</html>");
        app.sim
            .fault(Fault::answer("x.create_post", status, page).times(1));
        let sid = app.says(ALICE, "text").await;
        assert_eq!(app.state(&sid).await, "waiting/outage", "{status}");
        app.wait(MINUTE).await;
        assert_eq!(app.posts(), ["text"]);
        app.end().await;
    }
}

#[tokio::test]
async fn every_refusal_by_x_gets_one_reply_that_says_why() {
    for (status, body, expected) in catalogue() {
        let app = linked().await;
        app.sim
            .fault(Fault::answer("x.create_post", status, body.clone()).times(1));
        let sid = app.says(ALICE, "text").await;
        assert_eq!(app.last_reply(ALICE), expected, "{body}");
        let state = match expected.contains("you already posted this text") {
            true => "refused/duplicate",
            false => "refused/rejected",
        };
        assert_eq!(app.state(&sid).await, state, "{body}");
        assert_eq!(app.replies_to(&sid).await.len(), 1);
        assert_eq!(app.posts(), NONE);
        assert_eq!(app.calls("x.create_post"), 1, "a refusal is not retried");
        app.says(ALICE, "the next one").await;
        assert_eq!(app.posts(), ["the next one"]);
        app.end().await;
    }
}

#[tokio::test]
async fn a_long_explanation_by_x_still_fits_one_segment() {
    let app = linked().await;
    let detail = "very ".repeat(60);
    app.sim
        .fault(Fault::answer("x.create_post", 403, problem(403, &detail)).times(1));
    let sid = app.says(ALICE, &"long ".repeat(40)).await;
    let replies = app.replies_to(&sid).await;
    assert_eq!(
        (replies.len(), replies[0].segments),
        (1, 1),
        "{}",
        replies[0].body
    );
    app.end().await;
}

#[tokio::test]
async fn a_missing_scope_asks_for_sign_in_and_keeps_the_text() {
    let app = linked().await;
    let body = json!({"title": "Forbidden", "status": 403, "detail": "Scope is not authorized",
        "type": "https://api.x.com/2/problems/not-authorized-for-resource"});
    app.sim
        .fault(Fault::answer("x.create_post", 403, body).times(1));
    let sid = app.says(ALICE, "text").await;
    assert_eq!(app.state(&sid).await, "waiting/sign_in");
    let reply = app.last_reply(ALICE);
    assert!(
        reply.starts_with("We kept 'text' and will post it once you sign in to X again: http"),
        "{reply}"
    );
    app.sign_in(ALICE, "demo").await;
    assert_eq!(app.posts(), ["text"]);
    app.end().await;
}

#[tokio::test]
async fn x_refuses_the_same_text_twice() {
    let app = linked().await;
    app.says(ALICE, "hello").await;
    let sid = app.says(ALICE, "hello").await;
    assert_eq!(
        app.last_reply(ALICE),
        "'hello' was not posted: X says you already posted this text. Change it and text it again."
    );
    assert_eq!(app.state(&sid).await, "refused/duplicate");
    assert_eq!(app.posts(), ["hello"]);
    app.end().await;
}

#[tokio::test]
async fn owners_of_locked_and_suspended_accounts_are_told() {
    for (options, expected) in [
        (
            UserOptions {
                locked: true,
                ..UserOptions::default()
            },
            "'text' was not posted: X has locked your account. Unlock it at x.com, then text it again.",
        ),
        (
            UserOptions {
                suspended: true,
                ..UserOptions::default()
            },
            "'text' was not posted: X has suspended your account.",
        ),
    ] {
        let app = linked().await;
        app.sim.set_user("demo", options);
        app.says(ALICE, "text").await;
        assert_eq!(app.last_reply(ALICE), expected);
        app.sim.set_user("demo", UserOptions::default());
        app.says(ALICE, "text").await;
        assert_eq!(app.posts(), ["text"]);
        app.end().await;
    }
}

#[tokio::test]
async fn a_text_that_is_too_long_for_x_is_not_sent_to_x() {
    let link = format!("https://example.com/{}", "a".repeat(200));
    for (body, expected) in [
        (
            "a".repeat(281),
            "Not posted: 1 character too long by X's count. Shorten it and text it again. 'aaa",
        ),
        (
            "你".repeat(141),
            "Not posted: 2 characters too long by X's count. Shorten it and text it again. '",
        ),
        (
            "👍".repeat(141),
            "Not posted: 2 characters too long by X's count. Shorten it and text it again. '",
        ),
        (
            format!("{} {link}", "a".repeat(257)),
            "Not posted: 1 character too long by X's count. Shorten it and text it again. 'aaa",
        ),
    ] {
        let app = linked().await;
        let sid = app.says(ALICE, &body).await;
        let reply = app.last_reply(ALICE);
        assert!(reply.starts_with(expected), "{reply}");
        assert_eq!(app.state(&sid).await, "refused/unpostable");
        assert_eq!(app.replies_to(&sid).await[0].segments, 1);
        assert_eq!(app.calls("x.create_post"), 0);
        app.end().await;
    }
}

#[tokio::test]
async fn a_text_of_the_greatest_length_is_posted_unchanged() {
    let link = format!("https://example.com/{}", "a".repeat(200));
    for body in [
        "a".repeat(280),
        "你".repeat(140),
        "👍".repeat(140),
        format!("{} {link}", "a".repeat(256)),
    ] {
        let app = linked().await;
        let sid = app.says(ALICE, &body).await;
        assert_eq!(app.posts(), [body]);
        assert_eq!(app.state(&sid).await, "published");
        app.end().await;
    }
}

#[tokio::test]
async fn pictures_cannot_be_posted_yet() {
    for (body, quoted) in [("look", " 'look'"), ("", "")] {
        let app = linked().await;
        let picture = vec![("image/png".to_owned(), b"\x89PNG".to_vec())];
        let sid = app.sim.text_with_media(ALICE, body, picture).await;
        app.settle().await;
        assert_eq!(
            app.last_reply(ALICE),
            format!(
                "Not posted: we cannot post pictures or files yet. Text the words alone.{quoted}"
            )
        );
        assert_eq!(app.state(&sid).await, "refused/media");
        assert_eq!(app.calls("x.create_post"), 0);
        app.end().await;
    }
}

#[tokio::test]
async fn an_empty_text_is_not_posted() {
    for body in ["", "   ", "\n\t"] {
        let app = linked().await;
        let sid = app.says(ALICE, body).await;
        assert_eq!(app.last_reply(ALICE), "Not posted: the text is empty.");
        assert_eq!(app.state(&sid).await, "refused/unpostable");
        assert_eq!(app.calls("x.create_post"), 0);
        app.end().await;
    }
}

#[tokio::test]
async fn a_text_with_characters_that_x_refuses_is_not_sent_to_x() {
    let app = linked().await;
    let sid = app.says(ALICE, "a\u{FEFF}b").await;
    let reply = app.last_reply(ALICE);
    assert!(
        reply.starts_with("Not posted: it contains characters that X does not accept."),
        "{reply}"
    );
    assert_eq!(app.state(&sid).await, "refused/unpostable");
    assert_eq!(app.calls("x.create_post"), 0);
    app.end().await;
}
