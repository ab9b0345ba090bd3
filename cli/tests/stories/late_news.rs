//! News that comes late, twice, or after it was overtaken changes nothing that is newer.

use birdcall_domain::text::{MessageSid, Replay};
use birdcall_ledger::{queue::Queue, replay::ReplayOrder};
use birdcall_sim::{Fault, FaultAction};
use serde_json::json;

use crate::prelude::*;

/// An operator runs a text again.
async fn replay(app: &App, sid: &str, force: bool) -> Replay {
    let sid: MessageSid = sid.parse().expect("a sid");
    let id = format!("{sid} at {}", app.now());
    let order = ReplayOrder {
        force,
        dry_run: false,
        retry_horizon: DAY,
        by: app.by(&id),
    };
    let replayed = app.ledger.replay(&sid, order, app.now()).await;
    replayed.expect("the ledger")
}

#[tokio::test]
async fn an_undo_that_is_done_again_deletes_the_same_post() {
    for lost in [FaultAction::DropAfter, FaultAction::DropBefore] {
        let app = linked().await;
        app.says(ALICE, "first").await;
        app.sim
            .fault(Fault::answer("x.create_post", 403, json!({})).times(1));
        let between = app.says(ALICE, "between").await;
        assert_eq!(app.state(&between).await, "refused/rejected");
        // The answer to the deletion is lost, and an operator runs the other text again.
        app.sim
            .fault(Fault::new("x.delete_post", lost.clone()).times(1));
        let undo = app.says(ALICE, r"\UNDO").await;
        assert_eq!(app.state(&undo).await, "waiting/outage");
        assert_eq!(replay(&app, &between, false).await, Replay::Again);
        app.settle().await;
        app.wait(MINUTE).await;
        assert_eq!(app.last_reply(ALICE), "Deleted from X: 'first'");
        assert_eq!(app.posts(), ["between"], "{lost:?}");
        app.end().await;
    }
}

#[tokio::test]
async fn a_text_in_doubt_that_is_run_again_early_and_often_is_posted_once() {
    let app = linked().await;
    app.sim
        .configure(|settings| settings.visibility_lag_ms = 10_000);
    app.sim
        .fault(Fault::new("x.create_post", FaultAction::DropAfter).times(1));
    let sid = app.says(ALICE, "hello").await;
    for _ in 0..3 {
        app.clock.advance(SECOND);
        assert_eq!(replay(&app, &sid, false).await, Replay::Open);
        app.settle().await;
        assert_eq!(app.state(&sid).await, "in_doubt");
    }
    assert_eq!(app.calls("x.timeline"), 3);
    app.wait(3 * MINUTE).await;
    assert_eq!(app.state(&sid).await, "published");
    assert_eq!(app.sim.all_posts().len(), 1);
    app.end().await;
}

#[tokio::test]
async fn an_early_look_that_finds_the_post_counts() {
    let app = linked().await;
    app.sim
        .fault(Fault::new("x.create_post", FaultAction::DropAfter).times(1));
    let sid = app.says(ALICE, "hello").await;
    app.clock.advance(SECOND);
    assert_eq!(replay(&app, &sid, false).await, Replay::Open);
    app.settle().await;
    assert_eq!(app.state(&sid).await, "published");
    app.end().await;
}

#[tokio::test]
async fn what_x_called_a_duplicate_is_looked_for_and_not_posted_without_force() {
    for seen_before in [false, true] {
        let app = linked().await;
        if seen_before {
            // The post was made, cannot be found, and X refuses to make it again.
            app.sim
                .configure(|settings| settings.visibility_lag_ms = 600_000);
            app.sim
                .fault(Fault::new("x.create_post", FaultAction::DropAfter).times(1));
        } else {
            let twice = json!({"title": "Forbidden", "status": 403, "type": "about:blank",
                "detail": "You are not allowed to create a Tweet with duplicate content."});
            app.sim
                .fault(Fault::answer("x.create_post", 403, twice).times(1));
        }
        let sid = app.says(ALICE, "hello").await;
        app.wait(6 * MINUTE).await;
        assert_eq!(app.state(&sid).await, "refused/duplicate");
        let posts = app.sim.all_posts().len();

        app.wait(DAY).await;
        let calls = app.calls("x.create_post");
        assert_eq!(replay(&app, &sid, false).await, Replay::LookUpOnly);
        app.settle().await;
        app.wait(6 * MINUTE).await;
        assert_eq!(app.calls("x.create_post"), calls);
        assert_eq!(app.sim.all_posts().len(), posts);
        let (state, told) = match seen_before {
            true => ("published", "'hello' has been successfully tweeted"),
            false => ("refused/duplicate", "'hello' was not posted again: X says"),
        };
        assert_eq!(app.state(&sid).await, state);
        assert!(app.last_reply(ALICE).starts_with(told));
        app.end().await;
    }
}

#[tokio::test]
async fn what_its_owner_took_back_is_run_again_only_with_force() {
    let app = linked().await;
    app.sim
        .fault(Fault::answer("x.create_post", 402, json!({})).times(1));
    let sid = app.says(ALICE, "oops").await;
    app.says(ALICE, r"\UNDO").await;
    assert_eq!(app.state(&sid).await, "refused/undone");
    app.wait(MINUTE).await;
    assert_eq!(replay(&app, &sid, false).await, Replay::TakenBack);
    app.wait(MINUTE).await;
    assert_eq!(app.posts(), NONE);
    assert_eq!(replay(&app, &sid, true).await, Replay::Again);
    app.wait(MINUTE).await;
    assert_eq!(app.posts(), ["oops"]);
    app.end().await;
}

#[tokio::test]
async fn a_second_unknown_outcome_is_told_like_the_first() {
    let app = linked().await;
    let question = "X did not tell us whether it posted 'hello'.";
    let asked = |app: &App| {
        let replies = app.replies(ALICE).into_iter();
        replies.filter(|reply| reply.starts_with(question)).count()
    };
    app.sim
        .fault(Fault::new("x.create_post", FaultAction::DropBefore));
    app.sim.fault(Fault::answer("x.timeline", 403, json!({})));
    let sid = app.says(ALICE, "hello").await;
    app.wait(MINUTE).await;
    assert_eq!(asked(&app), 1);
    app.says(ALICE, r"\RETRY").await;
    app.wait(MINUTE).await;
    assert_eq!(app.state(&sid).await, "in_doubt");
    assert_eq!(asked(&app), 2);
    app.sim.clear_faults();
    app.says(ALICE, r"\RETRY").await;
    app.wait(MINUTE).await;
    assert_eq!(app.posts(), ["hello"]);
    app.end().await;
}

#[tokio::test]
async fn a_second_lost_sign_in_is_told_like_the_first() {
    let app = linked().await;
    let kept = "We kept 'hello' and will post it once you sign in to X again";
    let asked = |app: &App| {
        let replies = app.replies(ALICE).into_iter();
        replies.filter(|reply| reply.starts_with(kept)).count()
    };
    app.sim.revoke_user("demo");
    let sid = app.says(ALICE, "hello").await;
    assert_eq!(asked(&app), 1);
    // X takes the sign-in back at once, before the text can be posted.
    app.sim
        .fault(Fault::answer("x.create_post", 402, json!({})).times(1));
    app.sign_in(ALICE, "demo").await;
    assert_eq!(app.state(&sid).await, "waiting/money");
    app.sim.revoke_user("demo");
    app.wait(3 * HOUR).await;
    assert_eq!(app.state(&sid).await, "waiting/sign_in");
    assert_eq!(asked(&app), 2);
    app.sign_in(ALICE, "demo").await;
    app.wait(MINUTE).await;
    assert_eq!(app.posts(), ["hello"]);
    app.end().await;
}

#[tokio::test]
async fn stop_does_not_wait_for_commands_that_wait() {
    let app = linked().await;
    app.says(ALICE, "hello").await;
    app.sim
        .fault(Fault::answer("x.delete_post", 402, json!({})));
    let undo = app.says(ALICE, r"\UNDO").await;
    assert_eq!(app.state(&undo).await, "waiting/money");
    let retry = app.says(ALICE, r"\RETRY").await;
    assert_eq!(app.state(&retry).await, "waiting/order");
    app.says(ALICE, r"\HELP").await;
    assert!(
        app.last_reply(ALICE)
            .starts_with("Any text is posted on X.")
    );
    app.says(ALICE, r"\STOP").await;
    assert_eq!(
        app.last_reply(ALICE),
        "Done. You are unlinked from X and your data is deleted. Text anything to start again."
    );
    assert_eq!(app.state(&undo).await, "refused/undone");
    app.end().await;
}

#[tokio::test]
async fn a_resumed_queue_posts_what_a_limit_of_the_app_held() {
    let app = both_linked().await;
    let reset = (app.now() + 10 * HOUR).as_secs_ceil().to_string();
    let limited = FaultAction::Answer {
        status: 429,
        headers: [
            ("x-rate-limit-remaining", "5"),
            ("x-app-limit-24hour-limit", "100"),
            ("x-app-limit-24hour-remaining", "0"),
            ("x-app-limit-24hour-reset", &reset),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into(),
        body: json!({"title": "Too Many Requests", "status": 429}),
    };
    app.sim.fault(Fault::new("x.create_post", limited).times(1));
    let one = app.says(ALICE, "one").await;
    let two = app.says(BOB, "two").await;
    assert_eq!(app.state(&one).await, "waiting/rate_limit");
    assert_eq!(app.state(&two).await, "waiting/rate_limit");
    let resumed = app.resumes(Queue::Tweet).await;
    assert!(resumed);
    app.wait(MINUTE).await;
    let mut posts = app.posts();
    posts.sort();
    assert_eq!(posts, ["one", "two"]);
    app.end().await;
}

#[tokio::test]
async fn replies_that_were_paused_past_their_deadline_are_not_sent() {
    let app = linked().await;
    let paused = app.pauses(Queue::Reply).await;
    assert!(paused);
    let told = app.replies(ALICE).len();
    let old = app.says(ALICE, "old").await;
    app.clock.advance(2 * DAY);
    let new = app.says(ALICE, "new").await;
    let resumed = app.resumes(Queue::Reply).await;
    assert!(resumed);
    app.wait(MINUTE).await;
    let replies = app.replies(ALICE);
    assert_eq!(replies.len(), told + 1, "{replies:?}");
    assert!(replies[told].starts_with("'new' has been successfully tweeted"));
    let old = app.replies_to(&old).await;
    assert_eq!(
        (old[0].state.as_str(), old[0].error.as_deref()),
        ("failed", Some("too late to send"))
    );
    assert_eq!(app.replies_to(&new).await[0].state, "sent");
    app.end().await;
}
