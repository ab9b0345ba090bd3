//! Temporary failures: a text is posted at most once and in order, and its sender is told once.

use birdcall_sim::{Fault, FaultAction, Preset};
use serde_json::{Value, json};

use crate::prelude::*;

fn answer(status: u16, body: Value) -> FaultAction {
    FaultAction::Answer {
        status,
        headers: [].into(),
        body,
    }
}

/// The text `hello` was posted once, and its sender got one confirmation.
async fn posted_once(app: App, sid: &str) {
    assert_eq!(app.posts(), ["hello"]);
    assert_eq!(app.sim.all_posts().len(), 1);
    assert_eq!(app.state(sid).await, "published");
    let id = app.sim.posts()[0].id.clone();
    let replies = app.replies_to(sid).await;
    let told: Vec<&str> = replies.iter().map(|reply| reply.body.as_str()).collect();
    assert_eq!(
        told,
        [format!(
            "'hello' has been successfully tweeted https://x.com/demo/status/{id}"
        )]
    );
    app.end().await;
}

#[tokio::test]
async fn after_an_unclear_answer_the_timeline_is_read_before_posting_again() {
    for outage in [
        answer(503, json!({"title": "Service Unavailable", "status": 503})),
        answer(500, json!("<html>error</html>")),
        answer(504, Value::Null),
        answer(200, json!("<html>welcome</html>")),
        answer(201, json!({"data": {"text": "hello"}})),
        FaultAction::DropBefore,
    ] {
        let app = linked().await;
        app.sim
            .fault(Fault::new("x.create_post", outage.clone()).times(1));
        let sid = app.says(ALICE, "hello").await;
        assert_eq!(app.state(&sid).await, "in_doubt", "{outage:?}");
        // The timeline is read after 5 s, 30 s and 2 minutes. Only then is the text posted again.
        app.wait(2 * MINUTE).await;
        assert_eq!(app.calls("x.create_post"), 1);
        assert_eq!(app.calls("x.timeline"), 2);
        app.wait(MINUTE).await;
        assert_eq!(app.calls("x.timeline"), 3);
        assert_eq!(app.calls("x.create_post"), 2);
        posted_once(app, &sid).await;
    }
}

#[tokio::test]
async fn a_post_whose_answer_was_lost_is_found_and_not_repeated() {
    for lost in [
        FaultAction::DropAfter,
        FaultAction::AnswerAfter {
            status: 500,
            body: json!({}),
        },
        FaultAction::AnswerAfter {
            status: 200,
            body: json!("<html>"),
        },
        FaultAction::AnswerAfter {
            status: 201,
            body: json!({"errors": []}),
        },
    ] {
        let app = linked().await;
        app.sim
            .fault(Fault::new("x.create_post", lost.clone()).times(1));
        let sid = app.says(ALICE, "hello").await;
        assert_eq!(app.state(&sid).await, "in_doubt", "{lost:?}");
        app.wait(10 * SECOND).await;
        assert_eq!(app.calls("x.create_post"), 1);
        posted_once(app, &sid).await;
    }
}

#[tokio::test]
async fn a_lost_post_is_recognized_despite_short_links_and_entities() {
    for body in [
        "see https://example.com/a?b=1&c=2 & <that>",
        "example.com is one, https://example.org/x another",
        "caf\u{65}\u{301} \u{1F468}\u{200D}\u{1F469}\u{200D}\u{1F467}",
        "two  spaces\nand a line",
    ] {
        let app = linked().await;
        app.sim
            .fault(Fault::new("x.create_post", FaultAction::DropAfter).times(1));
        let sid = app.says(ALICE, body).await;
        app.wait(10 * SECOND).await;
        assert_eq!(app.state(&sid).await, "published", "{body}");
        assert_eq!(app.sim.all_posts().len(), 1);
        app.end().await;
    }
}

#[tokio::test]
async fn a_post_that_appears_late_is_found() {
    let app = linked().await;
    app.sim
        .configure(|settings| settings.visibility_lag_ms = 60_000);
    app.sim
        .fault(Fault::new("x.create_post", FaultAction::DropAfter).times(1));
    let sid = app.says(ALICE, "hello").await;
    app.wait(MINUTE).await;
    assert_eq!(app.state(&sid).await, "in_doubt");
    app.wait(2 * MINUTE).await;
    assert_eq!(app.calls("x.create_post"), 1);
    posted_once(app, &sid).await;
}

#[tokio::test]
async fn a_duplicate_after_doubt_is_looked_for_again() {
    let app = linked().await;
    app.sim
        .configure(|settings| settings.visibility_lag_ms = 240_000);
    app.sim
        .fault(Fault::new("x.create_post", FaultAction::DropAfter).times(1));
    let sid = app.says(ALICE, "hello").await;
    app.wait(3 * MINUTE).await;
    assert_eq!(app.state(&sid).await, "in_doubt/duplicate");
    assert_eq!(app.sim.counters().duplicate_posts_refused, 1);
    app.wait(3 * MINUTE).await;
    posted_once(app, &sid).await;
}

#[tokio::test]
async fn a_duplicate_that_is_never_found_is_reported_as_already_posted() {
    let app = linked().await;
    app.sim
        .configure(|settings| settings.visibility_lag_ms = 24 * 3_600_000);
    app.sim
        .fault(Fault::new("x.create_post", FaultAction::DropAfter).times(1));
    let sid = app.says(ALICE, "hello").await;
    app.wait(10 * MINUTE).await;
    assert_eq!(app.state(&sid).await, "refused/duplicate");
    assert_eq!(
        app.last_reply(ALICE),
        "'hello' was not posted again: X says it was already posted. Please check your timeline."
    );
    assert_eq!(app.replies_to(&sid).await.len(), 1);
    assert_eq!(app.sim.all_posts().len(), 1);
    app.end().await;
}

#[tokio::test]
async fn without_a_connection_a_text_is_not_in_doubt() {
    let mut app = linked().await;
    app.cut_x_off();
    let sid = app.says(ALICE, "hello").await;
    assert_eq!(app.state(&sid).await, "waiting/outage");
    app.wait(30 * SECOND).await;
    app.reconnect_x();
    app.wait(MINUTE).await;
    assert_eq!(app.calls("x.timeline"), 0);
    posted_once(app, &sid).await;
}

#[tokio::test]
async fn a_404_from_x_is_an_outage() {
    let app = linked().await;
    app.sim
        .fault(Fault::answer("x.create_post", 404, json!("<html>")).times(2));
    let sid = app.says(ALICE, "hello").await;
    assert_eq!(app.state(&sid).await, "waiting/outage");
    app.wait(MINUTE).await;
    posted_once(app, &sid).await;
}

#[tokio::test]
async fn a_repeated_webhook_is_one_text() {
    let app = linked().await;
    app.sim
        .fault(Fault::new("webhook.inbound", FaultAction::Duplicate { times: 3 }).times(1));
    let sid = app.says(ALICE, "hello").await;
    let deliveries = app.sim.deliveries();
    let answers: Vec<_> = deliveries
        .iter()
        .filter(|delivery| delivery.message_sid == sid)
        .map(|delivery| delivery.answered)
        .collect();
    assert_eq!(answers, [Some(200); 4]);
    posted_once(app, &sid).await;
}

#[tokio::test]
async fn a_webhook_whose_answer_was_lost_is_one_text() {
    for lost in [
        FaultAction::DropAfter,
        FaultAction::AnswerAfter {
            status: 503,
            body: Value::Null,
        },
    ] {
        let app = linked().await;
        app.sim.fault(Fault::new("webhook.inbound", lost).times(1));
        let sid = app.says(ALICE, "hello").await;
        posted_once(app, &sid).await;
    }
}

#[tokio::test]
async fn after_one_401_the_post_is_retried_with_a_new_token() {
    let app = linked().await;
    app.sim
        .fault(Fault::preset(Preset::XStrayUnauthorized).times(1));
    let sid = app.says(ALICE, "hello").await;
    assert_eq!(
        app.calls("x.token"),
        2,
        "one for the sign-in, and one refresh"
    );
    posted_once(app, &sid).await;
}

#[tokio::test]
async fn hours_of_401_are_an_outage_and_disconnect_nobody() {
    let app = linked().await;
    app.sim.fault(Fault::preset(Preset::XStrayUnauthorized));
    let sid = app.says(ALICE, "hello").await;
    assert_eq!(app.state(&sid).await, "waiting/outage");
    app.wait(HOUR).await;
    assert_eq!(app.state(&sid).await, "waiting/outage");
    let refused = app.calls("x.create_post");
    assert!(refused > 8, "{refused}");
    assert_eq!(
        app.calls("x.token"),
        2 + (refused - 2) / 4,
        "the sign-in, one refresh, and then one for every fourth 401"
    );
    assert_eq!(account(&app).await.state.as_str(), "active");
    assert_eq!(
        app.last_reply(ALICE),
        "X is not answering. We kept 'hello' and are still trying."
    );
    app.sim.clear_faults();
    app.wait(HOUR).await;
    assert_eq!(app.posts(), ["hello"]);
    assert_eq!(
        app.replies_to(&sid).await.len(),
        2,
        "one that we still try, and one that it is posted"
    );
    app.end().await;
}

#[tokio::test]
async fn texts_from_one_phone_keep_their_order_and_other_phones_do_not_wait() {
    let app = both_linked().await;
    app.sim.fault(
        Fault::new("x.create_post", answer(503, Value::Null))
            .matching("one")
            .times(1),
    );
    let one = app.says(ALICE, "one").await;
    let two = app.says(ALICE, "two").await;
    assert_eq!(app.state(&one).await, "in_doubt");
    assert_eq!(app.state(&two).await, "waiting/order");
    app.says(BOB, "three").await;
    assert_eq!(app.posts(), ["three"]);
    app.wait(3 * MINUTE).await;
    assert_eq!(app.posts(), ["three", "one", "two"]);
    app.end().await;
}

#[tokio::test]
async fn a_refused_text_does_not_delay_the_next_ones() {
    let app = linked().await;
    app.sim.fault(
        Fault::answer("x.create_post", 403, Value::Null)
            .matching("one")
            .times(1),
    );
    app.text(ALICE, "one").await;
    app.text(ALICE, "two").await;
    app.text(ALICE, "three").await;
    app.settle().await;
    assert_eq!(app.posts(), ["two", "three"]);
    app.end().await;
}

#[tokio::test]
async fn many_texts_at_the_same_time_are_posted_in_order() {
    let app = both_linked().await;
    for number in 1..=9 {
        app.text(ALICE, &format!("a{number}")).await;
        app.text(BOB, &format!("b{number}")).await;
    }
    app.settle().await;
    let of = |name: &str| -> Vec<String> {
        app.posts()
            .into_iter()
            .filter(|post| post.starts_with(name))
            .collect()
    };
    assert_eq!(
        of("a"),
        ["a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8", "a9"]
    );
    assert_eq!(
        of("b"),
        ["b1", "b2", "b3", "b4", "b5", "b6", "b7", "b8", "b9"]
    );
    assert_eq!(app.posts().len(), 18);
    app.end().await;
}

#[tokio::test]
async fn new_texts_do_not_make_a_waiting_text_early() {
    let app = linked().await;
    app.sim.fault(Fault::preset(Preset::XRateLimited).times(1));
    let one = app.says(ALICE, "one").await;
    for number in 0..3 {
        app.later(5 * SECOND).await;
        app.says(ALICE, &format!("more {number}")).await;
    }
    assert_eq!(app.calls("x.create_post"), 1);
    assert_eq!(app.state(&one).await, "waiting/rate_limit");
    assert_eq!(app.posts(), NONE);
    app.wait(MINUTE).await;
    assert_eq!(app.posts(), ["one", "more 0", "more 1", "more 2"]);
    app.end().await;
}

#[tokio::test]
async fn an_html_page_with_400_or_403_is_not_a_refusal() {
    for status in [400, 403] {
        let app = linked().await;
        let page = json!("<html>blocked</html>");
        app.sim
            .fault(Fault::answer("x.create_post", status, page).times(1));
        let sid = app.says(ALICE, "hello").await;
        assert_eq!(app.state(&sid).await, "waiting/outage", "{status}");
        app.wait(HOUR).await;
        posted_once(app, &sid).await;
    }
}
