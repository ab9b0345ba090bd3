//! Grants end: a number is linked to another X account, an operator unlinks it, or a sign-in comes to
//! nothing. X is told each time.

use birdcall_sim::{Fault, FaultAction, Preset};
use serde_json::json;

use crate::prelude::*;

/// What `birdcall accounts unlink` does, and the worker after it.
async fn unlink(app: &App) {
    app.unlinks(ALICE).await;
    app.settle().await;
}

#[tokio::test]
async fn the_pair_that_a_new_sign_in_replaces_is_revoked() {
    for username in ["other", "demo"] {
        let app = linked().await;
        app.sim
            .fault(Fault::answer("x.revoke", 503, json!({})).times(3));
        // X refuses the refresh token once, so Alice is asked to sign in.
        let spent = json!({"error": "invalid_request", "error_description": "Value passed for the token was invalid."});
        app.sim.fault(Fault::answer("x.token", 400, spent).times(1));
        app.sim.expire_access_tokens();
        app.says(ALICE, "first").await;
        app.sign_in(ALICE, username).await;
        assert_eq!(
            app.sim.grants_in_force("demo"),
            if username == "demo" { 2 } else { 1 }
        );
        app.wait(HOUR).await;
        assert_eq!(
            app.calls("x.revoke"),
            6,
            "the second try of the first token is the last"
        );
        assert_eq!(
            app.sim.grants_in_force("demo"),
            usize::from(username == "demo")
        );
        app.says(ALICE, "hello").await;
        assert_eq!(app.posts(), ["first", "hello"]);
        app.end().await;
    }
}

#[tokio::test]
async fn a_sign_in_without_the_needed_scopes_leaves_no_grant_at_x() {
    let app = App::start().await;
    app.says(ALICE, "hello?").await;
    let authorize = app.press_start(&app.link(ALICE)).await;
    let less = authorize.replace("tweet.write+", "");
    assert_ne!(less, authorize);
    let callback = app.sim.approve(&less, "demo").await;
    assert_eq!(app.get(&callback).await.status, 403);
    app.settle().await;
    assert_eq!(app.sim.grants_in_force("demo"), 0);
    app.end().await;
}

#[tokio::test]
async fn unlinking_a_number_texts_nobody() {
    let app = linked().await;
    app.sim.fault(Fault::preset(Preset::XPaymentRequired));
    let one = app.says(ALICE, "one").await;
    let two = app.says(ALICE, "two").await;
    let undo = app.says(ALICE, r"\STATUS").await;
    let told = app.replies(ALICE).len();
    unlink(&app).await;
    assert_eq!(app.sim.grants_in_force("demo"), 0);
    app.sim.clear_faults();
    app.wait(8 * DAY).await;
    assert_eq!(app.state(&one).await, "refused/not_linked");
    assert_eq!(app.state(&two).await, "refused/not_linked");
    assert_eq!(app.state(&undo).await, "command");
    assert_eq!(app.replies(ALICE).len(), told, "{:?}", app.replies(ALICE));
    assert_eq!(app.posts(), NONE);
    app.end().await;
}

#[tokio::test]
async fn a_text_in_doubt_rests_when_its_number_is_unlinked() {
    let app = linked().await;
    app.sim
        .fault(Fault::new("x.create_post", FaultAction::DropAfter).times(1));
    let sid = app.says(ALICE, "hello").await;
    let told = app.replies(ALICE).len();
    unlink(&app).await;
    app.wait(8 * DAY).await;
    assert_eq!(app.state(&sid).await, "in_doubt");
    assert_eq!(app.replies(ALICE).len(), told);
    assert_eq!(app.sim.all_posts().len(), 1);
    app.end().await;
}

#[tokio::test]
async fn a_grant_that_x_did_not_revoke_at_once_is_revoked_later() {
    let app = linked().await;
    app.sim
        .fault(Fault::answer("x.revoke", 503, json!({})).times(4));
    unlink(&app).await;
    assert_eq!(app.sim.grants_in_force("demo"), 1);
    app.wait(HOUR).await;
    assert_eq!(app.sim.grants_in_force("demo"), 0);
    app.end().await;
}

#[tokio::test]
async fn a_revocation_is_given_up_after_its_horizon() {
    let app = linked_with(&[("REVOKE_HORIZON", "1h")]).await;
    app.sim.fault(Fault::answer("x.revoke", 503, json!({})));
    unlink(&app).await;
    app.wait(2 * HOUR).await;
    let tried = app.calls("x.revoke");
    app.wait(DAY).await;
    assert_eq!(app.calls("x.revoke"), tried);
    app.end().await;
}
