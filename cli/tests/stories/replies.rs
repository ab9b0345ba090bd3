//! Our replies: each is sent at least once, and nearly always exactly once.

use std::collections::BTreeMap;

use birdcall_sim::{Fault, FaultAction, Status, Undeliverable};
use serde_json::{Value, json};

use crate::{app::SeenReply, prelude::*};

const SEND: &str = "twilio.create_message";

/// Alice has signed in, and the replies about that no longer count towards the limit for her
/// number.
async fn settled() -> App {
    settled_with(&[]).await
}

async fn settled_with(changes: Changes<'_>) -> App {
    let app = linked_with(changes).await;
    app.wait(31 * SECOND).await;
    app
}

/// Twilio refuses with one of its error codes.
fn refusal(status: u16, code: u32) -> FaultAction {
    FaultAction::Answer {
        status,
        headers: [].into(),
        body: json!({"code": code, "message": "m", "more_info": "i", "status": status}),
    }
}

/// The only reply to a text.
async fn the_reply(app: &App, sid: &str) -> SeenReply {
    let mut replies = app.replies_to(sid).await;
    assert_eq!(replies.len(), 1);
    replies.remove(0)
}

/// The number of messages to Alice that Twilio made of one reply.
fn made(app: &App, body: &str) -> usize {
    let replies = app.replies(ALICE);
    replies.iter().filter(|reply| *reply == body).count()
}

/// What goes wrong once, the state and the error code of the reply after that, its state in the
/// end, and the number of messages.
type Row = (FaultAction, &'static str, Option<u32>, &'static str, usize);

#[tokio::test]
async fn the_answer_of_twilio_decides_the_state_of_a_reply() {
    let rows: [Row; 22] = [
        (
            refusal(400, 21610),
            "suppressed",
            Some(21610),
            "suppressed",
            0,
        ),
        (refusal(400, 21211), "failed", Some(21211), "failed", 0),
        (refusal(400, 21614), "failed", Some(21614), "failed", 0),
        (refusal(400, 21617), "queued", Some(21617), "sent", 1),
        (refusal(400, 21659), "queued", Some(21659), "sent", 1),
        (refusal(400, 21660), "queued", Some(21660), "sent", 1),
        (refusal(400, 21661), "queued", Some(21661), "sent", 1),
        (refusal(400, 90010), "queued", Some(90010), "sent", 1),
        (refusal(400, 99_999), "queued", Some(99_999), "sent", 1),
        (refusal(400, 0), "queued", Some(0), "sent", 1),
        (
            FaultAction::Answer {
                status: 400,
                headers: std::collections::BTreeMap::new(),
                body: json!("<html>bad request</html>"),
            },
            "queued",
            None,
            "sent",
            1,
        ),
        (refusal(400, 21606), "queued", Some(21606), "sent", 1),
        (refusal(401, 20003), "queued", Some(20003), "sent", 1),
        (refusal(400, 21608), "queued", Some(21608), "sent", 1),
        (refusal(429, 20429), "queued", None, "sent", 1),
        (refusal(400, 21611), "queued", None, "sent", 1),
        (refusal(500, 20500), "in_doubt", None, "sent", 1),
        (refusal(503, 20503), "in_doubt", None, "sent", 1),
        (FaultAction::DropBefore, "in_doubt", None, "sent", 1),
        // The status callback names the reply, which proves that Twilio accepted the message.
        (FaultAction::DropAfter, "sent", None, "sent", 1),
        (
            FaultAction::AnswerAfter {
                status: 500,
                body: Value::Null,
            },
            "sent",
            None,
            "sent",
            1,
        ),
        (
            FaultAction::AnswerAfter {
                status: 201,
                body: json!("<html>"),
            },
            "sent",
            None,
            "sent",
            1,
        ),
    ];
    for (action, at_first, code, after, messages) in rows {
        let app = settled().await;
        app.sim.fault(Fault::new(SEND, action.clone()).times(1));
        let sid = app.says(ALICE, "hello").await;
        assert_eq!(app.posts(), ["hello"]);
        let reply = the_reply(&app, &sid).await;
        assert_eq!(
            (reply.state.as_str(), reply.error_code),
            (at_first, code),
            "{action:?}"
        );
        app.wait(5 * MINUTE).await;
        let reply = the_reply(&app, &sid).await;
        assert_eq!(reply.state, after, "{action:?}");
        assert_eq!(made(&app, &reply.body), messages, "{action:?}");
        app.end().await;
    }
}

#[tokio::test]
async fn a_message_without_an_answer_and_a_status_is_found_in_twilios_list() {
    let app = settled().await;
    app.sim
        .fault(Fault::new(SEND, FaultAction::DropAfter).times(1));
    app.sim
        .fault(Fault::new("webhook.status", FaultAction::DropBefore));
    let sid = app.says(ALICE, "hello").await;
    assert_eq!(the_reply(&app, &sid).await.state, "in_doubt");
    app.wait(5 * MINUTE).await;
    let reply = the_reply(&app, &sid).await;
    assert_eq!(reply.state, "sent");
    assert_eq!(made(&app, &reply.body), 1);
    let message = app.sim.messages().pop().expect("sent");
    assert_eq!(reply.twilio_sid, Some(message.sid));
    app.end().await;
}

#[tokio::test]
async fn two_equal_replies_are_two_messages_even_if_one_is_in_doubt() {
    let app = settled().await;
    app.says(ALICE, r"\UNDO").await;
    app.sim
        .fault(Fault::new(SEND, FaultAction::DropBefore).times(1));
    let sid = app.says(ALICE, r"\UNDO").await;
    app.wait(5 * MINUTE).await;
    assert_eq!(the_reply(&app, &sid).await.state, "sent");
    assert_eq!(made(&app, "There is no post to delete."), 2);
    app.end().await;
}

#[tokio::test]
async fn a_reply_in_doubt_is_not_sent_again_while_the_list_cannot_be_read() {
    let app = settled().await;
    app.sim
        .fault(Fault::new(SEND, FaultAction::DropAfter).times(1));
    app.sim
        .fault(Fault::new("webhook.status", FaultAction::DropBefore));
    app.sim
        .fault(Fault::new("twilio.list_messages", refusal(500, 20500)));
    let sid = app.says(ALICE, "hello").await;
    app.wait(26 * HOUR).await;
    let reply = the_reply(&app, &sid).await;
    assert_eq!(reply.state, "in_doubt");
    assert_eq!(made(&app, &reply.body), 1);
    app.end().await;
}

#[tokio::test]
async fn a_reply_fails_after_a_day_of_refusals() {
    let app = settled().await;
    app.sim.fault(Fault::new(SEND, refusal(401, 20003)));
    let sid = app.says(ALICE, "hello").await;
    app.wait(23 * HOUR).await;
    assert_eq!(the_reply(&app, &sid).await.state, "queued");
    app.wait(2 * HOUR).await;
    let reply = the_reply(&app, &sid).await;
    assert_eq!(
        (reply.state.as_str(), reply.error_code),
        ("failed", Some(20003))
    );
    assert_eq!(
        reply.error.as_deref(),
        Some("the Twilio account or sender needs its operator (20003)")
    );
    app.end().await;
}

/// From now on, Twilio reports this for every message to Alice.
fn cannot_reach(app: &App, status: Status, error_code: u32) {
    app.sim.configure(|settings| {
        settings.undeliverable = [(ALICE.to_owned(), Undeliverable { status, error_code })].into();
    });
}

#[tokio::test]
async fn an_unreachable_phone_is_texted_once_more_after_five_minutes() {
    let app = settled().await;
    cannot_reach(&app, Status::Undelivered, 30003);
    let sid = app.says(ALICE, "hello").await;
    let reply = the_reply(&app, &sid).await;
    assert_eq!(
        (reply.state.as_str(), reply.error_code),
        ("queued", Some(30003))
    );
    assert_eq!(
        reply.error.as_deref(),
        Some("the phone is off or out of reach")
    );
    app.sim
        .configure(|settings| settings.undeliverable = BTreeMap::new());
    app.wait(4 * MINUTE).await;
    assert_eq!(made(&app, &reply.body), 1);
    app.wait(MINUTE).await;
    let reply = the_reply(&app, &sid).await;
    assert_eq!(
        (reply.state.as_str(), reply.delivery.as_deref()),
        ("sent", Some("delivered"))
    );
    assert_eq!(made(&app, &reply.body), 2);
    app.end().await;
}

#[tokio::test]
async fn an_undelivered_reply_is_sent_again_at_most_once() {
    for (status, error_code, messages) in [
        (Status::Undelivered, 30003, 2),
        (Status::Failed, 30008, 2),
        (Status::Undelivered, 30007, 1),
        (Status::Undelivered, 30005, 1),
        (Status::Undelivered, 30006, 1),
        (Status::Failed, 30034, 1),
    ] {
        let app = settled().await;
        cannot_reach(&app, status, error_code);
        let sid = app.says(ALICE, "hello").await;
        app.wait(2 * HOUR).await;
        let reply = the_reply(&app, &sid).await;
        assert_eq!(reply.state, "sent", "{error_code}");
        assert_eq!(reply.delivery.as_deref(), Some(status.as_str()));
        assert_eq!(reply.error_code, Some(error_code));
        assert_eq!(made(&app, &reply.body), messages, "{error_code}");
        app.end().await;
    }
}

#[tokio::test]
async fn an_opt_out_that_is_reported_later_is_respected() {
    let app = settled().await;
    cannot_reach(&app, Status::Failed, 21610);
    app.says(ALICE, "one").await;
    app.sim
        .configure(|settings| settings.undeliverable = BTreeMap::new());
    let sid = app.says(ALICE, "two").await;
    assert_eq!(the_reply(&app, &sid).await.state, "suppressed");
    app.says(ALICE, "START").await;
    let sid = app.says(ALICE, "three").await;
    assert_eq!(the_reply(&app, &sid).await.state, "sent");
    assert_eq!(app.posts(), ["one", "two", "three"]);
    app.end().await;
}

#[tokio::test]
async fn delivery_reports_may_arrive_late_and_in_any_order() {
    let app = settled().await;
    app.sim
        .fault(Fault::new("webhook.status", FaultAction::DropBefore));
    let sid = app.says(ALICE, "hello").await;
    let twilio_sid = the_reply(&app, &sid).await.twilio_sid.expect("sent");
    for (news, known) in [
        ("queued", "queued"),
        ("delivered", "delivered"),
        ("sent", "delivered"),
        ("queued", "delivered"),
        ("something_new", "delivered"),
        ("delivered", "delivered"),
        ("undelivered", "delivered"),
        ("read", "read"),
    ] {
        let pairs = [("MessageSid", twilio_sid.as_str()), ("MessageStatus", news)];
        let answer = app.twilio_posts("/twilio/status", &pairs).await;
        assert_eq!(answer.status, 200, "{news}");
        let reply = the_reply(&app, &sid).await;
        assert_eq!(reply.delivery.as_deref(), Some(known), "after {news}");
    }
    app.end().await;
}

#[tokio::test]
async fn a_number_gets_at_most_ten_replies_in_thirty_seconds_and_none_is_lost() {
    let app = settled().await;
    let told = app.replies(ALICE).len();
    for number in 1..=12 {
        app.text(ALICE, &format!("text {number}")).await;
    }
    app.settle().await;
    assert_eq!(app.posts().len(), 12, "posts do not wait for replies");
    assert_eq!(app.replies(ALICE).len(), told + 10);
    app.wait(29 * SECOND).await;
    assert_eq!(app.replies(ALICE).len(), told + 10);
    app.wait(2 * SECOND).await;
    let mut replies = app.replies(ALICE)[told..].to_vec();
    assert_eq!(replies.len(), 12);
    replies.sort();
    replies.dedup();
    assert_eq!(replies.len(), 12, "each reply is sent once");
    app.end().await;
}

#[tokio::test]
async fn segments_are_counted_as_twilio_bills_them() {
    for (segments_max, body, quote, encoding, segments) in [
        ("1", "hello", "hello", "GSM-7", 1),
        (
            "1",
            "“it’s here” – now…",
            "\"it's here\" - now...",
            "GSM-7",
            1,
        ),
        ("1", "[a] {b} ~ c^", "[a] {b} ~ c^", "GSM-7", 1),
        // Outside GSM-7, a segment has 70 characters, and the address of the post takes most of
        // them.
        ("1", "привет", "...", "GSM-7", 1),
        ("1", "well 👍", "well...", "GSM-7", 1),
        ("2", "привет", "привет", "UCS-2", 2),
        ("2", "well 👍", "well 👍", "UCS-2", 2),
    ] {
        let app = settled_with(&[("REPLY_SEGMENTS_MAX", segments_max)]).await;
        let sid = app.says(ALICE, body).await;
        let reply = the_reply(&app, &sid).await;
        let begin = format!("'{quote}' has been successfully tweeted https://x.com/demo/status/");
        assert!(reply.body.starts_with(&begin), "{}", reply.body);
        assert_eq!(
            (reply.encoding.as_str(), reply.segments),
            (encoding, segments),
            "{body}"
        );
        let message = app.sim.messages().pop().expect("sent");
        assert_eq!(message.num_segments, segments, "{body}");
        assert_eq!(app.posts(), [body], "the post keeps its typography");
        app.end().await;
    }
}

#[tokio::test]
async fn the_quote_of_a_long_text_is_shortened_to_fit_one_segment() {
    let app = settled().await;
    let sid = app.says(ALICE, &"long ".repeat(40)).await;
    let reply = the_reply(&app, &sid).await;
    assert_eq!(reply.segments, 1);
    assert!(reply.body.starts_with("'long long "), "{}", reply.body);
    assert!(
        reply
            .body
            .contains("...' has been successfully tweeted https://x.com/demo/status/")
    );
    app.end().await;
}

#[tokio::test]
async fn a_second_segment_makes_room_for_a_longer_quote() {
    let app = settled_with(&[("REPLY_SEGMENTS_MAX", "2")]).await;
    let body = "long ".repeat(35);
    let sid = app.says(ALICE, &body).await;
    let reply = the_reply(&app, &sid).await;
    assert_eq!(reply.segments, 2);
    let whole = format!("'{}' has been successfully tweeted https", body.trim());
    assert!(reply.body.starts_with(&whole), "{}", reply.body);
    app.end().await;
}

#[tokio::test]
async fn trouble_with_the_account_at_twilio_pauses_replies_and_loses_none() {
    let app = both_linked().await;
    app.wait(MINUTE).await;
    let suspended = json!({"code": 90010, "message": "Account is not active", "status": 400});
    app.sim.fault(Fault::answer(SEND, 400, suspended));
    let before = app.calls(SEND);
    app.says(ALICE, "one").await;
    app.says(BOB, "two").await;
    assert_eq!(app.posts().len(), 2, "posting goes on");
    app.wait(2 * HOUR).await;
    let calls = app.calls(SEND) - before;
    assert!(calls < 25, "{calls} calls for two replies");
    app.sim.clear_faults();
    app.wait(20 * MINUTE).await;
    for (phone, text) in [(ALICE, "one"), (BOB, "two")] {
        let reply = app.last_reply(phone);
        let sent = reply.starts_with(&format!("'{text}' has been successfully tweeted"));
        assert!(sent, "{reply}");
    }
    app.end().await;
}
