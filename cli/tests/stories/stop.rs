//! `\STOP` revokes the tokens at X, deletes the data, and sends one confirmation.

use birdcall_sim::{Fault, FaultAction, Preset};
use serde_json::json;

use crate::prelude::*;

const DONE: &str =
    "Done. You are unlinked from X and your data is deleted. Text anything to start again.";
const NOT_LINKED: &str =
    "Done. This number is not linked to X, and your data is deleted. Text anything to start again.";
const NOT_ASKED: &str = "Done. Your data is deleted. We could not ask X to end our access, so please remove the app at x.com: Settings, Apps.";
const NOT_CONFIRMED: &str = "Done. Your data is deleted. X did not confirm, so please remove the app at x.com: Settings, Apps.";

/// Nothing is left that names Alice or quotes her.
async fn is_forgotten(app: &App) {
    assert!(app.account_of(ALICE).await.is_none());
    for text in app.texts().await {
        assert_eq!(
            (text.phone.as_str(), text.body.as_str()),
            ("", ""),
            "{}",
            text.sid
        );
        assert_eq!(text.service_number, "");
        for reply in app.replies_to(&text.sid).await {
            assert_eq!(reply.body, "", "{}", text.sid);
        }
        assert!(app.attempts(&text.sid).await.is_empty());
    }
}

#[tokio::test]
async fn stop_revokes_deletes_and_confirms_once() {
    let app = linked().await;
    app.says(ALICE, "hello").await;
    let told = app.replies(ALICE).len();
    let sid = app.says(ALICE, r"\STOP").await;
    assert_eq!(app.replies(ALICE)[told..], [DONE]);
    assert_eq!(app.state(&sid).await, "command");
    is_forgotten(&app).await;
    assert_eq!(
        app.calls("x.revoke"),
        2,
        "the refresh token and the access token"
    );
    assert_eq!(app.posts(), ["hello"], "posts on X stay");
    app.wait(HOUR).await;
    assert_eq!(app.replies(ALICE)[told..], [DONE]);
    app.end().await;
}

#[tokio::test]
async fn after_stop_the_next_text_gets_the_link_again() {
    let app = linked().await;
    app.says(ALICE, r"\stop").await;
    let sid = app.says(ALICE, "hello?").await;
    assert_eq!(app.state(&sid).await, "refused/not_linked");
    let reply = app.last_reply(ALICE);
    assert!(
        reply.starts_with("Birdcall posts your texts on X."),
        "{reply}"
    );
    assert_eq!(app.posts(), NONE);
    app.sign_in(ALICE, "demo").await;
    app.says(ALICE, "back").await;
    assert_eq!(app.posts(), ["back"]);
    app.end().await;
}

#[tokio::test]
async fn stop_affects_only_the_phone_that_sent_it() {
    let app = both_linked().await;
    app.says(ALICE, r"\STOP").await;
    let sid = app.says(BOB, "still here").await;
    assert_eq!(app.posts(), ["still here"]);
    assert_eq!(app.row(&sid).await.body, "still here");
    app.end().await;
}

#[tokio::test]
async fn stop_works_for_a_number_that_was_never_linked() {
    let app = App::start().await;
    app.says(ALICE, r"\STOP").await;
    assert_eq!(app.replies(ALICE), [NOT_LINKED]);
    is_forgotten(&app).await;
    assert_eq!(app.calls("x.revoke"), 0);
    app.end().await;
}

#[tokio::test]
async fn a_repeated_webhook_does_not_repeat_stop() {
    let app = linked().await;
    app.sim
        .fault(Fault::new("webhook.inbound", FaultAction::Duplicate { times: 3 }).times(1));
    let told = app.replies(ALICE).len();
    app.says(ALICE, r"\STOP").await;
    assert_eq!(app.replies(ALICE)[told..], [DONE]);
    is_forgotten(&app).await;
    app.end().await;
}

#[tokio::test]
async fn stop_cancels_a_waiting_text() {
    let app = linked().await;
    app.sim.fault(Fault::preset(Preset::XPaymentRequired));
    app.says(ALICE, "one").await;
    app.says(ALICE, r"\STOP").await;
    assert_eq!(app.last_reply(ALICE), DONE);
    app.sim.clear_faults();
    app.wait(HOUR).await;
    assert_eq!(app.posts(), NONE);
    is_forgotten(&app).await;
    app.end().await;
}

#[tokio::test]
async fn stop_does_not_wait_behind_waiting_texts() {
    let app = linked().await;
    app.sim.fault(Fault::preset(Preset::XPaymentRequired));
    app.says(ALICE, "one").await;
    app.says(ALICE, "two").await;
    app.says(ALICE, r"\STOP").await;
    assert_eq!(app.last_reply(ALICE), DONE);
    app.sim.clear_faults();
    app.wait(HOUR).await;
    assert_eq!(app.posts(), NONE);
    is_forgotten(&app).await;
    app.end().await;
}

#[tokio::test]
async fn stop_works_while_sign_in_is_needed() {
    let app = linked().await;
    app.sim.revoke_user("demo");
    app.says(ALICE, "kept").await;
    app.says(ALICE, r"\STOP").await;
    assert_eq!(app.last_reply(ALICE), DONE);
    is_forgotten(&app).await;
    app.end().await;
}

#[tokio::test]
async fn stop_is_retried_while_x_is_down() {
    let app = linked().await;
    app.sim
        .fault(Fault::answer("x.revoke", 503, json!({})).times(3));
    let told = app.replies(ALICE).len();
    let sid = app.says(ALICE, r"\STOP").await;
    assert_eq!(app.state(&sid).await, "waiting/outage");
    assert_eq!(app.replies(ALICE).len(), told);
    app.wait(HOUR).await;
    assert_eq!(app.replies(ALICE)[told..], [DONE]);
    is_forgotten(&app).await;
    app.end().await;
}

#[tokio::test]
async fn stop_deletes_the_data_even_if_x_never_answers() {
    let app = linked().await;
    app.sim.fault(Fault::answer("x.revoke", 503, json!({})));
    let told = app.replies(ALICE).len();
    app.says(ALICE, r"\STOP").await;
    app.wait(HOUR).await;
    assert_eq!(app.replies(ALICE)[told..], [NOT_CONFIRMED]);
    is_forgotten(&app).await;
    app.end().await;
}

/// What the audit says of the last `\STOP`.
async fn audited(app: &App) -> String {
    let deeds = app.ledger.deeds(1).await.expect("the ledger");
    deeds[0].detail.clone()
}

#[tokio::test]
async fn stop_says_and_notes_what_happened_at_x() {
    // X confirms.
    let app = linked().await;
    app.says(ALICE, r"\STOP").await;
    assert_eq!(app.last_reply(ALICE), DONE);
    assert_eq!(audited(&app).await, "data deleted; revoked at X");
    // A second one finds nothing to revoke.
    app.says(ALICE, r"\STOP").await;
    assert_eq!(app.last_reply(ALICE), NOT_LINKED);
    app.end().await;

    // X does not answer. A second one, texted meanwhile, gets no link and no other claim.
    let app = linked().await;
    app.sim.fault(Fault::answer("x.revoke", 503, json!({})));
    app.says(ALICE, r"\STOP").await;
    app.says(ALICE, r"\STOP").await;
    let told = app.replies(ALICE).len();
    app.wait(HOUR).await;
    assert_eq!(app.replies(ALICE)[told..], [NOT_CONFIRMED]);
    assert_eq!(
        audited(&app).await,
        "data deleted; X did not confirm the revocation"
    );
    is_forgotten(&app).await;
    app.end().await;

    // X cannot be asked.
    let mut app = linked().await;
    app.lose_the_key();
    app.says(ALICE, r"\STOP").await;
    assert_eq!(app.last_reply(ALICE), NOT_ASKED);
    assert_eq!(app.calls("x.revoke"), 0);
    assert_eq!(
        audited(&app).await,
        "data deleted; X was not asked to revoke the tokens, because no key of SECRET_KEY opens them"
    );
    is_forgotten(&app).await;
    app.end().await;
}

#[tokio::test]
async fn a_text_during_a_stop_is_answered_but_not_posted() {
    let app = linked().await;
    app.sim
        .fault(Fault::answer("x.revoke", 503, json!({})).times(2));
    app.says(ALICE, r"\STOP").await;
    app.says(ALICE, "am I out?").await;
    app.wait(HOUR).await;
    assert_eq!(app.posts(), NONE);
    assert!(app.replies(ALICE).contains(&DONE.to_owned()));
    let reply = app.last_reply(ALICE);
    assert!(
        reply.starts_with("Birdcall posts your texts on X."),
        "{reply}"
    );
    app.end().await;
}

#[tokio::test]
async fn a_confirmation_that_twilio_refuses_is_forgotten_too() {
    let app = linked().await;
    app.sim
        .fault(Fault::answer("twilio.create_message", 400, json!({"code": 21614})).times(1));
    app.says(ALICE, r"\STOP").await;
    is_forgotten(&app).await;
    app.end().await;
}
