//! Rate limits, used-up credit and long outages: texts wait, their senders are told once, and
//! posting resumes in order.

use birdcall_ledger::queue::{JobFilter, Queue};
use birdcall_sim::{Fault, FaultAction, Preset};
use serde_json::{Value, json};

use crate::prelude::*;

/// The reply that asks an owner to look for the post.
const DOUBT: &str = r"X did not tell us whether it posted 'hello'. Please check. If it is not there, text \RETRY to post it.";

/// The bodies of the replies to a text.
async fn told(app: &App, sid: &str) -> Vec<String> {
    let replies = app.replies_to(sid).await;
    replies.into_iter().map(|reply| reply.body).collect()
}

#[tokio::test]
async fn a_rate_limit_delays_a_text_and_its_sender_is_told() {
    let app = both_linked().await;
    app.sim.fault(Fault::preset(Preset::XRateLimited).times(1));
    let one = app.says(ALICE, "one").await;
    assert_eq!(app.state(&one).await, "waiting/rate_limit");
    assert_eq!(
        app.last_reply(ALICE),
        "X asks us to wait. We kept 'one' and will post it after 17:01 UTC."
    );
    let two = app.says(ALICE, "two").await;
    assert_eq!(app.state(&two).await, "waiting/order");
    app.says(BOB, "three").await;
    assert_eq!(
        app.posts(),
        ["three"],
        "the limit of one user does not affect another"
    );
    app.wait(59 * SECOND).await;
    assert_eq!(app.posts(), ["three"]);
    app.wait(2 * SECOND).await;
    assert_eq!(app.posts(), ["three", "one", "two"]);
    assert_eq!(
        told(&app, &one).await.len(),
        2,
        "one that it waits, and one that it is posted"
    );
    app.end().await;
}

#[tokio::test]
async fn a_rate_limit_is_hit_once_in_each_window() {
    let app = linked().await;
    app.sim
        .configure(|settings| settings.limits.posts_per_user = 2);
    for number in 1..=5 {
        app.says(ALICE, &format!("p{number}")).await;
    }
    assert_eq!(app.posts(), ["p1", "p2"]);
    app.wait(16 * MINUTE).await;
    assert_eq!(app.posts(), ["p1", "p2", "p3", "p4"]);
    app.wait(16 * MINUTE).await;
    assert_eq!(app.posts(), ["p1", "p2", "p3", "p4", "p5"]);
    assert_eq!(app.sim.counters().rate_limited, 2);
    app.end().await;
}

#[tokio::test]
async fn the_limit_of_the_app_stops_everyone_until_it_resets() {
    let app = both_linked().await;
    app.sim
        .configure(|settings| settings.limits.posts_per_app_day = 1);
    app.says(ALICE, "one").await;
    app.wait(HOUR).await;
    let two = app.says(ALICE, "two").await;
    let three = app.says(BOB, "three").await;
    assert_eq!(app.state(&two).await, "waiting/rate_limit");
    assert_eq!(app.state(&three).await, "waiting/rate_limit");
    assert_eq!(app.calls("x.create_post"), 2, "X is not called for Bob");
    assert_eq!(
        app.last_reply(BOB),
        "X asks us to wait. We kept 'three' and will post it after 17:00 UTC."
    );
    app.sim
        .configure(|settings| settings.limits.posts_per_app_day = 100);
    app.wait(22 * HOUR).await;
    assert_eq!(app.posts(), ["one"]);
    app.wait(2 * HOUR).await;
    let mut posts = app.posts();
    posts.sort();
    assert_eq!(posts, ["one", "three", "two"]);
    app.end().await;
}

#[tokio::test]
async fn a_429_without_a_reset_time_is_retried() {
    let app = linked().await;
    let body = json!({"errors": [{"code": 88, "message": "Rate limit exceeded"}]});
    app.sim
        .fault(Fault::answer("x.create_post", 429, body).times(3));
    app.says(ALICE, "one").await;
    app.wait(5 * MINUTE).await;
    assert_eq!(app.posts(), ["one"]);
    app.end().await;
}

#[tokio::test]
async fn without_credit_posting_pauses_for_everyone_and_then_resumes_in_order() {
    for preset in [Preset::XCreditsDepleted, Preset::XPaymentRequired] {
        let app = both_linked().await;
        app.sim.fault(Fault::preset(preset));
        let one = app.says(ALICE, "one").await;
        app.says(ALICE, "two").await;
        let three = app.says(BOB, "three").await;
        assert_eq!(app.state(&one).await, "waiting/money");
        assert_eq!(app.state(&three).await, "waiting/money");
        assert_eq!(app.calls("x.create_post"), 1, "X is not called for Bob");
        assert_eq!(
            app.last_reply(ALICE),
            "Birdcall has no credit left at X. We kept 'one' and will post it once the operator adds credit."
        );
        assert_eq!(
            app.last_reply(BOB),
            "Birdcall has no credit left at X. We kept 'three' and will post it once the operator adds credit."
        );
        app.wait(2 * HOUR).await;
        assert_eq!(app.posts(), NONE);
        assert!(
            app.calls("x.create_post") < 25,
            "{}",
            app.calls("x.create_post")
        );
        app.sim.clear_faults();
        app.wait(20 * MINUTE).await;
        let alices: Vec<String> = app
            .sim
            .posts()
            .into_iter()
            .filter(|post| post.username == "demo")
            .map(|post| post.text)
            .collect();
        assert_eq!(alices, ["one", "two"]);
        assert_eq!(app.posts().len(), 3);
        assert_eq!(told(&app, &one).await.len(), 2);
        assert_eq!(told(&app, &three).await.len(), 2);
        assert_eq!(app.ledger.pauses().await.expect("the ledger").len(), 0);
        app.end().await;
    }
}

#[tokio::test]
async fn a_used_up_cap_pauses_everyone() {
    let app = both_linked().await;
    let body = json!({"title": "UsageCapExceeded", "period": "Monthly", "scope": "Product",
        "type": "https://api.twitter.com/2/problems/usage-capped"});
    app.sim
        .fault(Fault::answer("x.create_post", 429, body).times(1));
    app.says(ALICE, "one").await;
    let two = app.says(BOB, "two").await;
    assert_eq!(app.state(&two).await, "waiting/rate_limit");
    assert_eq!(app.calls("x.create_post"), 1);
    for (phone, text) in [(ALICE, "one"), (BOB, "two")] {
        assert_eq!(
            app.last_reply(phone),
            format!("X asks us to wait. We kept '{text}' and will post it as soon as X lets us."),
            "a guess of ours is not told"
        );
    }
    app.wait(HOUR).await;
    assert_eq!(app.posts().len(), 2);
    app.end().await;
}

#[tokio::test]
async fn after_a_day_without_x_the_sender_is_told_that_we_gave_up() {
    let mut app = linked().await;
    app.cut_x_off();
    let sid = app.says(ALICE, "hello").await;
    app.wait(4 * MINUTE).await;
    assert_eq!(told(&app, &sid).await, NONE);
    app.wait(22 * HOUR).await;
    assert_eq!(app.state(&sid).await, "waiting/outage");
    let late = "X is not answering. We kept 'hello' and are still trying.";
    assert_eq!(told(&app, &sid).await, [late]);
    app.wait(3 * HOUR).await;
    assert_eq!(app.state(&sid).await, "failed/horizon");
    assert_eq!(
        told(&app, &sid).await,
        [
            late,
            "'hello' could not be posted in time, so we stopped trying. Text it again if it still matters."
        ]
    );
    app.reconnect_x();
    app.says(ALICE, "back").await;
    app.wait(HOUR).await;
    assert_eq!(app.posts(), ["back"], "nobody has to sign in again");
    app.end().await;
}

#[tokio::test]
async fn after_a_day_of_unclear_answers_the_owner_decides() {
    let app = linked().await;
    app.sim.fault(Fault::answer("x.*", 503, Value::Null));
    let sid = app.says(ALICE, "hello").await;
    app.wait(25 * HOUR).await;
    assert_eq!(app.state(&sid).await, "in_doubt");
    assert_eq!(
        told(&app, &sid).await,
        [
            "X is not answering. We kept 'hello' and are still trying.",
            DOUBT
        ]
    );
    app.sim.clear_faults();
    app.wait(HOUR).await;
    assert_eq!(app.posts(), NONE, "it is at rest");
    app.says(ALICE, r"\RETRY").await;
    app.wait(HOUR).await;
    assert_eq!(app.posts(), ["hello"]);
    app.end().await;
}

#[tokio::test]
async fn if_the_timeline_cannot_be_read_the_owner_decides() {
    for (status, body) in [
        (
            403,
            json!({"title": "Forbidden", "status": 403, "detail": "No reading for you."}),
        ),
        (
            402,
            json!({"title": "Payment Required", "status": 402, "detail": "credits depleted"}),
        ),
    ] {
        let app = linked().await;
        app.sim
            .fault(Fault::answer("x.create_post", 503, Value::Null).times(1));
        app.sim.fault(Fault::answer("x.timeline", status, body));
        let sid = app.says(ALICE, "hello").await;
        app.wait(HOUR).await;
        assert_eq!(app.state(&sid).await, "in_doubt", "{status}");
        assert_eq!(app.row(&sid).await.next_attempt_at, None);
        assert_eq!(told(&app, &sid).await, [DOUBT]);
        app.says(ALICE, "the next one").await;
        assert_eq!(
            app.posts(),
            ["the next one"],
            "the text in doubt does not delay others"
        );
        let retry = app.says(ALICE, r"\RETRY").await;
        assert_eq!(told(&app, &retry).await, ["Trying again: 'hello'"]);
        assert_eq!(app.posts(), ["the next one", "hello"]);
        assert_eq!(app.state(&sid).await, "published");
        app.end().await;
    }
}

#[tokio::test]
async fn retry_finds_an_existing_post_and_does_not_post_twice() {
    let app = linked().await;
    app.sim
        .fault(Fault::new("x.create_post", FaultAction::DropAfter).times(1));
    app.sim
        .fault(Fault::answer("x.timeline", 403, Value::Null).times(1));
    let sid = app.says(ALICE, "hello").await;
    app.wait(MINUTE).await;
    assert_eq!(told(&app, &sid).await, [DOUBT]);
    app.says(ALICE, r"\RETRY").await;
    app.wait(MINUTE).await;
    assert_eq!(app.posts(), ["hello"]);
    assert_eq!(app.sim.all_posts().len(), 1);
    assert_eq!(app.state(&sid).await, "published");
    app.end().await;
}

#[tokio::test]
async fn undo_of_a_text_in_doubt_asks_its_owner_to_check() {
    let app = linked().await;
    app.sim
        .fault(Fault::answer("x.create_post", 503, Value::Null).times(1));
    app.sim.fault(Fault::answer("x.timeline", 403, Value::Null));
    app.says(ALICE, "hello").await;
    app.wait(MINUTE).await;
    let undo = app.says(ALICE, r"\UNDO").await;
    assert_eq!(told(&app, &undo).await, [DOUBT]);
    assert_eq!(app.posts(), NONE);
    app.end().await;
}

#[tokio::test]
async fn after_a_day_without_credit_every_sender_is_told_that_we_gave_up() {
    let app = both_linked().await;
    app.sim.fault(Fault::preset(Preset::XPaymentRequired));
    let mut sids = Vec::new();
    for (phone, body) in [(ALICE, "one"), (ALICE, "two"), (BOB, "three")] {
        sids.push((app.says(phone, body).await, body));
    }
    app.wait(26 * HOUR).await;
    for (sid, body) in &sids {
        assert_eq!(app.state(sid).await, "failed/horizon", "{body}");
        let last = told(&app, sid).await.pop().unwrap_or_default();
        assert_eq!(
            last,
            format!(
                "'{body}' could not be posted in time, so we stopped trying. Text it again if it still matters."
            )
        );
    }
    app.sim.clear_faults();
    app.says(ALICE, "four").await;
    app.wait(HOUR).await;
    assert_eq!(app.posts(), ["four"]);
    app.end().await;
}

#[tokio::test]
async fn a_pause_by_the_operator_lasts_until_the_operator_resumes() {
    let app = both_linked().await;
    let paused = app.pauses(Queue::Tweet).await;
    assert!(paused);
    let one = app.says(ALICE, "one").await;
    app.says(ALICE, "two").await;
    assert_eq!(app.state(&one).await, "waiting/paused");
    app.says(BOB, r"\HELP").await;
    assert!(app.last_reply(BOB).starts_with("Any text is posted on X."));
    let looks = async || {
        let jobs = JobFilter {
            queue: Some(Queue::Tweet),
            limit: 10_000,
            ..JobFilter::default()
        };
        let jobs = app.ledger.jobs(&jobs).await.expect("the ledger");
        // A probe of the queue looks at no text.
        jobs.iter().filter(|job| job.subject != "probe").count()
    };
    let looked = looks().await;
    app.wait(12 * HOUR).await;
    assert_eq!(looks().await, looked, "nobody looks at what is held");
    assert_eq!(app.posts(), NONE);
    assert_eq!(app.calls("x.create_post"), 0);
    let resumed = app.resumes(Queue::Tweet).await;
    assert!(resumed);
    app.wait(MINUTE).await;
    assert_eq!(app.posts(), ["one", "two"]);
    app.end().await;
}
