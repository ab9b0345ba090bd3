//! Commands, which begin with a backslash, and Twilio's reserved words.

use birdcall_sim::{Fault, FaultAction, Preset};
use serde_json::json;

use crate::prelude::*;

fn out_of_credit(app: &App) {
    app.sim.fault(Fault::preset(Preset::XPaymentRequired));
}

#[tokio::test]
async fn help_works_in_upper_and_lower_case() {
    let app = linked().await;
    for body in [r"\HELP", r"\help", r" \Help me", r"\ help"] {
        let sid = app.says(ALICE, body).await;
        assert_eq!(
            app.last_reply(ALICE),
            r"Any text is posted on X. Commands: \UNDO deletes the last post, \STATUS, \RETRY, \STOP unlinks and deletes your data. \\text posts \text."
        );
        assert_eq!(app.state(&sid).await, "command");
        assert_eq!(app.replies_to(&sid).await.len(), 1);
    }
    assert_eq!(app.posts(), NONE);
    app.end().await;
}

#[tokio::test]
async fn an_unknown_command_gets_help_and_is_not_posted() {
    let app = linked().await;
    for body in [r"\udno", r"\", r"\tweet hello", r"\stopp"] {
        let sid = app.says(ALICE, body).await;
        let reply = app.last_reply(ALICE);
        assert!(
            reply.starts_with("Not a command. Any text is posted on X. Commands: "),
            "{reply}"
        );
        assert_eq!(app.state(&sid).await, "command");
    }
    assert_eq!(app.posts(), NONE);
    app.end().await;
}

#[tokio::test]
async fn two_backslashes_post_one_backslash() {
    let app = linked().await;
    app.says(ALICE, r"\\stop the war").await;
    app.says(ALICE, r"\\o/").await;
    assert_eq!(app.posts(), [r"\stop the war", r"\o/"]);
    let reply = app.last_reply(ALICE);
    assert!(
        reply.starts_with(r"'\o/' has been successfully tweeted "),
        "{reply}"
    );
    app.end().await;
}

#[tokio::test]
async fn a_new_number_that_texts_a_command_gets_the_link() {
    let app = App::start().await;
    for body in [r"\HELP", r"\STATUS", r"\UNDO", r"\udno"] {
        app.says(ALICE, body).await;
        let reply = app.last_reply(ALICE);
        assert!(
            reply.starts_with("Birdcall posts your texts on X."),
            "{body}: {reply}"
        );
    }
    app.end().await;
}

#[tokio::test]
async fn status_names_the_account_and_counts_waiting_texts() {
    let app = linked().await;
    app.says(ALICE, r"\STATUS").await;
    assert_eq!(
        app.last_reply(ALICE),
        "Linked to @demo. Nothing is waiting."
    );
    out_of_credit(&app);
    let one = app.says(ALICE, "one").await;
    assert_eq!(app.state(&one).await, "waiting/money");
    app.says(ALICE, r"\STATUS").await;
    assert_eq!(
        app.last_reply(ALICE),
        "Linked to @demo. 1 text is waiting to be posted."
    );
    app.sim.clear_faults();
    app.wait(MINUTE).await;
    assert_eq!(app.posts(), ["one"]);
    app.end().await;
}

#[tokio::test]
async fn a_command_does_not_wait_behind_waiting_texts() {
    let app = linked().await;
    out_of_credit(&app);
    let (one, two) = (app.says(ALICE, "one").await, app.says(ALICE, "two").await);
    assert_eq!(app.state(&one).await, "waiting/money");
    assert_eq!(app.state(&two).await, "waiting/order");
    app.says(ALICE, r"\STATUS").await;
    assert_eq!(
        app.last_reply(ALICE),
        "Linked to @demo. 2 texts are waiting to be posted."
    );
    app.says(ALICE, r"\UNDO").await;
    assert_eq!(app.last_reply(ALICE), "'two' will not be posted.");
    app.sim.clear_faults();
    app.wait(MINUTE).await;
    assert_eq!(app.posts(), ["one"]);
    app.end().await;
}

#[tokio::test]
async fn status_gives_the_link_when_sign_in_is_needed() {
    let app = linked().await;
    app.sim.revoke_user("demo");
    app.says(ALICE, "kept").await;
    app.says(ALICE, r"\STATUS").await;
    let reply = app.last_reply(ALICE);
    assert!(reply.starts_with("Sign-in needed: http"), "{reply}");
    assert!(
        reply.ends_with(" . 1 text is waiting to be posted."),
        "{reply}"
    );
    app.sign_in(ALICE, "demo").await;
    assert_eq!(app.posts(), ["kept"]);
    app.end().await;
}

#[tokio::test]
async fn undo_deletes_the_last_post_and_then_the_one_before() {
    let app = linked().await;
    app.says(ALICE, "one").await;
    app.says(ALICE, "two").await;
    app.says(ALICE, r"\UNDO").await;
    assert_eq!(app.last_reply(ALICE), "Deleted from X: 'two'");
    assert_eq!(app.posts(), ["one"]);
    app.says(ALICE, r"\undo").await;
    assert_eq!(app.last_reply(ALICE), "Deleted from X: 'one'");
    assert_eq!(app.posts(), NONE);
    app.says(ALICE, r"\UNDO").await;
    assert_eq!(app.last_reply(ALICE), "There is no post to delete.");
    app.end().await;
}

#[tokio::test]
async fn undo_is_retried_until_x_answers() {
    for outage in [
        Fault::answer("x.delete_post", 503, json!({})),
        Fault::answer("x.delete_post", 401, json!({})),
        Fault::new("x.delete_post", FaultAction::DropBefore),
        Fault::new("x.delete_post", FaultAction::DropAfter),
        Fault::answer("x.delete_post", 404, json!("<html>")),
    ] {
        let app = linked().await;
        app.says(ALICE, "oops").await;
        app.sim.fault(outage.times(2));
        let sid = app.says(ALICE, r"\UNDO").await;
        assert_eq!(app.state(&sid).await, "waiting/outage");
        app.wait(MINUTE).await;
        assert_eq!(app.posts(), NONE);
        assert_eq!(app.last_reply(ALICE), "Deleted from X: 'oops'");
        assert_eq!(app.replies_to(&sid).await.len(), 1);
        app.end().await;
    }
}

#[tokio::test]
async fn undo_cancels_a_waiting_text() {
    let app = linked().await;
    out_of_credit(&app);
    let sid = app.says(ALICE, "oops").await;
    app.says(ALICE, r"\UNDO").await;
    assert_eq!(app.last_reply(ALICE), "'oops' will not be posted.");
    assert_eq!(app.state(&sid).await, "refused/undone");
    app.sim.clear_faults();
    app.wait(60 * MINUTE).await;
    assert_eq!(app.posts(), NONE);
    app.end().await;
}

#[tokio::test]
async fn undo_and_retry_say_when_there_is_nothing_to_do() {
    let app = linked().await;
    app.says(ALICE, r"\UNDO").await;
    assert_eq!(app.last_reply(ALICE), "There is no post to delete.");
    app.says(ALICE, r"\RETRY").await;
    assert_eq!(app.last_reply(ALICE), "There is nothing to try again.");
    assert_eq!(app.posts(), NONE);
    app.end().await;
}

#[tokio::test]
async fn undo_deletes_only_posts_of_the_same_phone() {
    let app = both_linked().await;
    app.says(ALICE, "from alice").await;
    app.says(BOB, r"\UNDO").await;
    assert_eq!(app.last_reply(BOB), "There is no post to delete.");
    assert_eq!(app.posts(), ["from alice"]);
    app.end().await;
}

/// Twilio answers its keywords itself, so Birdcall sends no reply and posts nothing.
#[tokio::test]
async fn twilios_keywords_are_never_posted_or_answered_by_us() {
    for body in [
        "STOP",
        "stop",
        " Stop\n",
        "STOPALL",
        "unsubscribe",
        "End",
        "QUIT",
        "cancel",
        "REVOKE",
        "optout",
        "START",
        "yes",
        "UNSTOP",
        "HELP",
        "info",
    ] {
        let app = linked().await;
        let told = app.replies(ALICE).len();
        let sid = app.says(ALICE, body).await;
        assert_eq!(app.state(&sid).await, "ignored/keyword", "{body}");
        assert_eq!(app.replies(ALICE).len(), told, "{body}");
        assert_eq!(app.posts(), NONE, "{body}");
        app.end().await;
    }
}

#[tokio::test]
async fn twilios_keywords_in_a_sentence_are_posted() {
    let app = linked().await;
    for body in ["STOP PLEASE", "yes we can", "help!", "Start."] {
        app.says(ALICE, body).await;
    }
    assert_eq!(
        app.posts(),
        ["STOP PLEASE", "yes we can", "help!", "Start."]
    );
    app.end().await;
}

#[tokio::test]
async fn after_stop_texts_are_posted_without_a_reply_until_start() {
    let app = linked().await;
    let told = app.replies(ALICE).len();
    app.says(ALICE, "STOP").await;
    let sid = app.says(ALICE, "in silence").await;
    assert_eq!(app.posts(), ["in silence"]);
    let replies = app.replies_to(&sid).await;
    assert_eq!(
        (replies.len(), replies[0].state.as_str()),
        (1, "suppressed")
    );
    assert_eq!(app.replies(ALICE).len(), told);
    assert_eq!(
        app.sim.counters().sends_to_opted_out,
        0,
        "nothing is sent to Twilio"
    );
    app.says(ALICE, "START").await;
    app.says(ALICE, "aloud").await;
    assert_eq!(app.posts(), ["in silence", "aloud"]);
    let reply = app.last_reply(ALICE);
    assert!(
        reply.starts_with("'aloud' has been successfully tweeted "),
        "{reply}"
    );
    app.end().await;
}

#[tokio::test]
async fn undo_cancels_a_text_that_waits_for_sign_in() {
    let app = linked().await;
    app.sim.revoke_user("demo");
    let sid = app.says(ALICE, "oops").await;
    app.says(ALICE, r"\UNDO").await;
    assert_eq!(app.last_reply(ALICE), "'oops' will not be posted.");
    assert_eq!(app.state(&sid).await, "refused/undone");
    app.sign_in(ALICE, "demo").await;
    assert_eq!(app.posts(), NONE);
    app.end().await;
}

#[tokio::test]
async fn undo_that_needs_a_sign_in_does_not_promise_to_post() {
    let app = linked().await;
    app.says(ALICE, "oops").await;
    app.sim.revoke_user("demo");
    app.wait(120 * MINUTE).await;
    let sid = app.says(ALICE, r"\UNDO").await;
    assert_eq!(app.state(&sid).await, "waiting/sign_in");
    let reply = app.last_reply(ALICE);
    assert!(reply.contains("/auth/?phone="), "{reply}");
    assert!(!reply.contains("will post"), "{reply}");
    app.sign_in(ALICE, "demo").await;
    assert_eq!(app.posts(), NONE);
    assert_eq!(app.last_reply(ALICE), "Deleted from X: 'oops'");
    app.end().await;
}

#[tokio::test]
async fn undo_says_deleted_only_when_x_says_so() {
    let not_found = json!({"title": "Not Found Error", "resource_type": "tweet",
        "type": "https://api.x.com/2/problems/resource-not-found"});
    for (status, body, at_first) in [
        (200, json!({"data": {"deleted": false}}), "waiting/outage"),
        (200, json!({"data": {}}), "waiting/outage"),
        (
            404,
            json!({"title": "Not Found", "type": "about:blank"}),
            "waiting/outage",
        ),
        (404, not_found, "command"),
    ] {
        let app = linked().await;
        app.says(ALICE, "oops").await;
        app.sim
            .fault(Fault::answer("x.delete_post", status, body.clone()).times(1));
        let sid = app.says(ALICE, r"\UNDO").await;
        assert_eq!(app.state(&sid).await, at_first, "{body}");
        app.wait(MINUTE).await;
        assert_eq!(app.state(&sid).await, "command");
        assert_eq!(app.last_reply(ALICE), "Deleted from X: 'oops'");
        app.end().await;
    }
}

#[tokio::test]
async fn undo_waits_for_the_operator_and_its_sender_is_told() {
    let app = linked().await;
    app.says(ALICE, "oops").await;
    let body =
        json!({"errors": [{"code": 261, "message": "Application cannot perform write actions."}]});
    app.sim
        .fault(Fault::answer("x.delete_post", 403, body).times(1));
    let sid = app.says(ALICE, r"\UNDO").await;
    assert_eq!(app.state(&sid).await, "waiting/operator");
    assert_eq!(
        app.last_reply(ALICE),
        "X does not let Birdcall act right now. We will carry out your command once the operator has fixed that."
    );
    app.wait(MINUTE).await;
    assert_eq!(app.posts(), NONE);
    assert_eq!(app.last_reply(ALICE), "Deleted from X: 'oops'");
    app.end().await;
}

#[tokio::test]
async fn undo_quotes_the_text_as_it_was_posted() {
    let app = linked().await;
    app.says(ALICE, r"\\o/").await;
    app.says(ALICE, r"\UNDO").await;
    assert_eq!(app.last_reply(ALICE), r"Deleted from X: '\o/'");
    app.end().await;
}

#[tokio::test]
async fn undo_waits_for_limits_and_credit_and_reports_a_refusal() {
    for (status, at_first, last) in [
        (429, "waiting/rate_limit", "Deleted from X: 'oops'"),
        (402, "waiting/money", "Deleted from X: 'oops'"),
        (
            403,
            "command/rejected",
            "That did not work: X refused it without giving a reason.",
        ),
    ] {
        let app = linked().await;
        app.says(ALICE, "oops").await;
        app.sim
            .fault(Fault::answer("x.delete_post", status, json!({})).times(1));
        let sid = app.says(ALICE, r"\UNDO").await;
        assert_eq!(app.state(&sid).await, at_first);
        app.wait(MINUTE).await;
        assert_eq!(app.last_reply(ALICE), last);
        assert_eq!(app.replies_to(&sid).await.len(), 1);
        app.end().await;
    }
}
