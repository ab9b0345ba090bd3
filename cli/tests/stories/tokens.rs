//! The life of a pair of tokens: it is refreshed in time, each refresh token is used once, and a
//! failure never destroys it.

use birdcall_sim::{Fault, FaultAction};
use serde_json::{Value, json};

use crate::prelude::*;

/// The number of refreshes: calls of the token endpoint that are not part of a sign-in.
fn refreshes(app: &App) -> usize {
    let requests = app.sim.requests();
    let refreshes = requests
        .iter()
        .filter(|request| request.params["grant_type"] == "refresh_token");
    refreshes.count()
}

#[tokio::test]
async fn a_token_is_refreshed_once_before_it_expires() {
    let app = linked().await;
    app.wait(95 * MINUTE).await;
    assert_eq!(refreshes(&app), 0);
    app.wait(10 * MINUTE).await;
    assert_eq!(refreshes(&app), 1);
    app.wait(20 * MINUTE).await;
    app.says(ALICE, "past two hours").await;
    assert_eq!(app.posts(), ["past two hours"]);
    assert_eq!(refreshes(&app), 1);
    assert_eq!(app.sim.counters().unauthorized, 0);
    app.end().await;
}

#[tokio::test]
async fn a_silent_account_is_refreshed_only_when_needed() {
    let app = linked_with(&[("REFRESH_IDLE_AFTER", "1d")]).await;
    app.wait(26 * HOUR).await;
    let before = refreshes(&app);
    assert!((14..=18).contains(&before), "{before}");
    app.wait(30 * DAY).await;
    assert_eq!(refreshes(&app), before, "a silent account is left alone");
    app.says(ALICE, "back again").await;
    assert_eq!(app.posts(), ["back again"]);
    assert_eq!(refreshes(&app), before + 1);
    app.wait(2 * HOUR).await;
    assert_eq!(
        refreshes(&app),
        before + 2,
        "after a text, the account is refreshed in time again"
    );
    app.end().await;
}

#[tokio::test]
async fn a_person_who_removed_the_app_at_x_is_told_after_the_next_refresh() {
    let app = linked().await;
    let told = app.replies(ALICE).len();
    app.sim.revoke_user("demo");
    app.wait(4 * HOUR).await;
    assert_eq!(account(&app).await.state.as_str(), "needs_sign_in");
    assert_eq!(refreshes(&app), 1);
    assert_eq!(
        app.replies(ALICE).len(),
        told + 1,
        "the person is told once"
    );
    let reply = app.last_reply(ALICE);
    assert!(
        reply.starts_with("X no longer lets us post for you. Please sign in again: http"),
        "{reply}"
    );
    app.sign_in(ALICE, "demo").await;
    app.says(ALICE, "here again").await;
    assert_eq!(app.posts(), ["here again"]);
    app.end().await;
}

#[tokio::test]
async fn texts_wait_for_sign_in_and_are_then_posted_in_order() {
    let app = linked().await;
    app.sim.revoke_user("demo");
    let one = app.says(ALICE, "one").await;
    let two = app.says(ALICE, "two").await;
    for (sid, body) in [(&one, "one"), (&two, "two")] {
        assert_eq!(app.state(sid).await, "waiting/sign_in");
        let replies = app.replies_to(sid).await;
        assert_eq!(replies.len(), 1);
        let reply = &replies[0].body;
        let begin = format!("We kept '{body}' and will post it once you sign in to X again: http");
        assert!(reply.starts_with(&begin), "{reply}");
    }
    app.wait(DAY).await;
    assert_eq!(app.posts(), NONE);
    app.says(ALICE, "three").await;
    app.sign_in(ALICE, "demo").await;
    assert_eq!(app.posts(), ["one", "two", "three"]);
    for sid in [&one, &two] {
        let replies = app.replies_to(sid).await;
        assert_eq!(
            replies.len(),
            2,
            "one that it waits, and one that it is posted"
        );
        assert!(replies[1].body.contains("has been successfully tweeted"));
    }
    app.end().await;
}

#[tokio::test]
async fn a_text_waits_a_week_for_sign_in_and_then_its_sender_is_told() {
    let app = linked().await;
    app.sim.revoke_user("demo");
    let sid = app.says(ALICE, "hello").await;
    app.wait(6 * DAY).await;
    assert_eq!(app.state(&sid).await, "waiting/sign_in");
    app.wait(2 * DAY).await;
    assert_eq!(app.state(&sid).await, "failed/horizon");
    assert_eq!(
        app.last_reply(ALICE),
        "'hello' could not be posted in time, so we stopped trying. Text it again if it still matters."
    );
    assert_eq!(app.replies_to(&sid).await.len(), 2);
    app.end().await;
}

#[tokio::test]
async fn a_failed_refresh_leaves_the_tokens_unchanged() {
    let app = linked().await;
    let before = account(&app).await;
    app.sim
        .fault(Fault::answer("x.token", 429, json!("<html>")));
    app.wait(110 * MINUTE).await;
    assert!(refreshes(&app) > 1);
    let after = account(&app).await;
    assert_eq!(after.state.as_str(), "active");
    assert_eq!(after.token_version, before.token_version);
    assert_eq!(after.access_token, before.access_token);
    assert_eq!(after.refresh_token, before.refresh_token);
    app.says(ALICE, "still good").await;
    assert_eq!(app.posts(), ["still good"]);
    // After the access token has expired, a text waits for X, not for its owner.
    app.wait(20 * MINUTE).await;
    let sid = app.says(ALICE, "later").await;
    assert_eq!(app.state(&sid).await, "waiting/outage");
    app.sim.clear_faults();
    app.wait(30 * MINUTE).await;
    assert_eq!(app.posts(), ["still good", "later"]);
    app.end().await;
}

#[tokio::test]
async fn errors_that_do_not_concern_the_token_disconnect_nobody() {
    for (status, body) in [
        (401, json!({"title": "Unauthorized", "status": 401})),
        (
            401,
            json!({"error": "unauthorized_client", "error_description": "Missing valid authorization header"}),
        ),
        (
            400,
            json!({"error": "unauthorized_client", "error_description": "Client not allowed"}),
        ),
        (
            400,
            json!({"error": "invalid_request", "error_description": "Missing required parameter [client_id]."}),
        ),
        (
            400,
            json!({"errors": [{"code": 215, "message": "Bad Authentication data."}]}),
        ),
        (
            400,
            json!({"error": "invalid_client", "error_description": "Value passed for the token was invalid."}),
        ),
        (
            400,
            json!({"error": "invalid_request", "error_description": "Missing required parameter [refresh_token]."}),
        ),
        (400, json!("<html>bad request</html>")),
        (404, Value::Null),
        (429, json!({"title": "Too Many Requests"})),
    ] {
        let app = linked().await;
        app.sim
            .fault(Fault::answer("x.token", status, body.clone()).times(2));
        app.wait(110 * MINUTE).await;
        assert_eq!(
            account(&app).await.state.as_str(),
            "active",
            "{status} {body}"
        );
        assert_eq!(refreshes(&app), 3, "{status} {body}");
        assert_eq!(app.replies(ALICE).len(), 2, "no reply is sent");
        app.wait(HOUR).await;
        app.says(ALICE, "hello").await;
        assert_eq!(app.posts(), ["hello"]);
        app.end().await;
    }
}

#[tokio::test]
async fn a_token_that_x_calls_invalid_requires_a_sign_in() {
    for body in [
        json!({"error": "invalid_request", "error_description": "Value passed for the token was invalid."}),
        json!({"error": "invalid_grant", "error_description": "Value passed for the token was invalid."}),
        json!({"error": "invalid_grant"}),
    ] {
        let app = linked().await;
        app.sim
            .fault(Fault::answer("x.token", 400, body.clone()).times(1));
        app.wait(110 * MINUTE).await;
        assert_eq!(
            account(&app).await.state.as_str(),
            "needs_sign_in",
            "{body}"
        );
        assert_eq!(refreshes(&app), 1);
        app.end().await;
    }
}

#[tokio::test]
async fn a_grant_without_a_refresh_token_lasts_two_hours() {
    let app = App::start().await;
    app.says(ALICE, "hello?").await;
    let authorize = app.press_start(&app.link(ALICE)).await;
    let less = authorize.replace("+offline.access", "");
    assert_ne!(less, authorize);
    let callback = app.sim.approve(&less, "demo").await;
    assert_eq!(app.get(&callback).await.status, 200);
    app.settle().await;
    app.says(ALICE, "one").await;
    assert_eq!(app.posts(), ["one"]);
    app.wait(3 * HOUR).await;
    let sid = app.says(ALICE, "two").await;
    assert_eq!(app.state(&sid).await, "waiting/sign_in");
    assert_eq!(refreshes(&app), 0);
    app.sign_in(ALICE, "demo").await;
    assert_eq!(app.posts(), ["one", "two"]);
    app.end().await;
}

#[tokio::test]
async fn access_tokens_that_expire_early_are_replaced() {
    let app = linked().await;
    app.sim.expire_access_tokens();
    let sid = app.says(ALICE, "hello").await;
    assert_eq!(app.posts(), ["hello"]);
    assert_eq!(app.replies_to(&sid).await.len(), 1);
    assert_eq!(refreshes(&app), 1);
    app.end().await;
}

#[tokio::test]
async fn after_a_401_a_delete_is_retried_with_a_new_token() {
    let app = linked().await;
    app.says(ALICE, "oops").await;
    app.sim.expire_access_tokens();
    app.says(ALICE, r"\UNDO").await;
    app.wait(MINUTE).await;
    assert_eq!(refreshes(&app), 1);
    assert_eq!(app.posts(), NONE);
    assert_eq!(app.last_reply(ALICE), "Deleted from X: 'oops'");
    app.end().await;
}

#[tokio::test]
async fn after_a_401_the_timeline_is_read_with_a_new_token() {
    let app = linked().await;
    app.sim
        .fault(Fault::new("x.create_post", FaultAction::DropAfter).times(1));
    let sid = app.says(ALICE, "hello").await;
    app.sim.expire_access_tokens();
    app.wait(5 * MINUTE).await;
    assert_eq!(refreshes(&app), 1);
    assert_eq!(app.state(&sid).await, "published");
    assert_eq!(app.sim.all_posts().len(), 1);
    app.end().await;
}

#[tokio::test]
async fn a_text_in_doubt_is_looked_for_after_the_sign_in() {
    let app = linked().await;
    app.sim
        .fault(Fault::new("x.create_post", FaultAction::DropAfter).times(1));
    let sid = app.says(ALICE, "hello").await;
    app.sim.revoke_user("demo");
    app.wait(3 * HOUR).await;
    assert_eq!(app.state(&sid).await, "in_doubt/sign_in");
    app.sign_in(ALICE, "demo").await;
    app.wait(5 * MINUTE).await;
    assert_eq!(app.state(&sid).await, "published");
    assert_eq!(app.sim.all_posts().len(), 1);
    app.end().await;
}

#[tokio::test]
async fn a_text_in_doubt_comes_before_later_texts_that_wait_for_sign_in() {
    let app = linked().await;
    app.sim
        .fault(Fault::answer("x.create_post", 503, Value::Null).times(1));
    app.says(ALICE, "one").await;
    app.sim.revoke_user("demo");
    app.wait(3 * HOUR).await;
    let two = app.says(ALICE, "two").await;
    assert_eq!(app.state(&two).await, "waiting/sign_in");
    app.sign_in(ALICE, "demo").await;
    app.wait(5 * MINUTE).await;
    assert_eq!(app.posts(), ["one", "two"]);
    app.end().await;
}

#[tokio::test]
async fn an_app_that_x_does_not_accept_is_the_operators_trouble_and_ends_nothing() {
    for (status, error) in [(400, "invalid_client"), (401, "unauthorized_client")] {
        let app = linked().await;
        let body =
            json!({"error": error, "error_description": "Value passed for the token was invalid."});
        app.sim.fault(Fault::answer("x.token", status, body));
        app.wait(3 * HOUR).await;
        let sid = app.says(ALICE, "hello").await;
        assert_eq!(app.state(&sid).await, "waiting/operator", "{error}");
        assert_eq!(
            app.last_reply(ALICE),
            "X does not let Birdcall post right now. We kept 'hello' and will post it once the operator has fixed that."
        );
        assert_eq!(account(&app).await.state.as_str(), "active");
        app.wait(HOUR).await;
        app.sim.clear_faults();
        app.wait(20 * MINUTE).await;
        assert_eq!(app.posts(), ["hello"], "{error}");
        app.end().await;
    }
}
