//! A text whose outcome is unknown, and an owner who signs in with another X account. It is neither
//! looked for nor posted there.

use std::time::Duration;

use birdcall_domain::text::Replay;
use birdcall_ledger::replay::ReplayOrder;
use birdcall_sim::{Fault, FaultAction};

use crate::prelude::*;

const TOLD: &str = "X did not tell us whether it posted 'hello' on the account that you used before. We do not post it on another one. Please check.";

/// Alice texted `hello` as `demo`, and `lost` happened to the call. X has ended her grant, and she has
/// signed in as `other`.
async fn signed_in_as_another(lost: FaultAction) -> (App, String) {
    let app = linked().await;
    app.sim.fault(Fault::new("x.create_post", lost).times(1));
    let sid = app.says(ALICE, "hello").await;
    app.sim.revoke_user("demo");
    app.wait(MINUTE).await;
    assert_eq!(app.state(&sid).await, "in_doubt/sign_in");
    let looks = app.calls("x.timeline");
    app.sign_in(ALICE, "other").await;
    app.wait(HOUR).await;
    assert_eq!(app.state(&sid).await, "in_doubt");
    assert_eq!(
        app.calls("x.timeline"),
        looks,
        "another timeline says nothing"
    );
    assert_eq!(app.last_reply(ALICE), TOLD);
    (app, sid)
}

async fn replay(app: &App, sid: &str, force: bool) -> Replay {
    let id = format!("deed {force}");
    let order = ReplayOrder {
        force,
        dry_run: false,
        retry_horizon: Duration::from_secs(3600),
        by: app.by(&id),
    };
    let sid = sid.parse().expect("a sid");
    let outcome = app.ledger.replay(&sid, order, app.now()).await;
    outcome.expect("the ledger")
}

#[tokio::test]
async fn a_text_in_doubt_is_not_posted_on_another_account() {
    for (lost, on_x) in [(FaultAction::DropAfter, 1), (FaultAction::DropBefore, 0)] {
        let (app, sid) = signed_in_as_another(lost).await;
        assert_eq!(app.sim.all_posts().len(), on_x);
        app.says(ALICE, "next").await;
        assert_eq!(app.sim.all_posts().len(), on_x + 1);

        let retry = app.says(ALICE, r"\RETRY").await;
        assert_eq!(app.replies_to(&retry).await[0].body, TOLD);
        for force in [false, true] {
            assert!(replay(&app, &sid, force).await.acts());
            app.wait(HOUR).await;
            assert_eq!(app.state(&sid).await, "in_doubt", "force: {force}");
            assert_eq!(app.last_reply(ALICE), TOLD);
        }
        assert_eq!(app.sim.all_posts().len(), on_x + 1);
        app.end().await;
    }
}

#[tokio::test]
async fn a_text_in_doubt_is_found_when_its_owner_is_back_on_the_first_account() {
    let (app, sid) = signed_in_as_another(FaultAction::DropAfter).await;
    app.sim.revoke_user("other");
    app.says(ALICE, "and this").await;
    app.sign_in(ALICE, "demo").await;
    assert!(replay(&app, &sid, false).await.acts());
    app.wait(HOUR).await;
    assert_eq!(app.state(&sid).await, "published");
    assert_eq!(app.posts(), ["hello", "and this"]);
    app.end().await;
}

#[tokio::test]
async fn a_text_that_was_never_in_doubt_is_posted_on_the_new_account() {
    let app = linked().await;
    app.sim.revoke_user("demo");
    app.says(ALICE, "kept").await;
    app.sign_in(ALICE, "other").await;
    let posts = app.sim.all_posts();
    assert_eq!(posts.len(), 1);
    assert_eq!(posts[0].username, "other");
    app.end().await;
}
