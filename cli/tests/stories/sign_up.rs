//! Who may sign up. Others get no reply, because replies cost money.

use crate::prelude::*;

const IGNORED: &str = r#"birdcall_texts_received_total{kind="ignored"}"#;

#[tokio::test]
async fn an_uninvited_number_gets_no_reply_and_is_counted() {
    let app = App::start_with(&[("SIGNUP", "allowlist")]).await;
    let before = app.metric(IGNORED).await;
    for body in ["hello", r"\HELP", r"\STOP", "", "STATUS"] {
        let sid = app.says(ALICE, body).await;
        assert_eq!(app.state(&sid).await, "ignored/not_invited", "{body}");
    }
    assert_eq!(app.replies(ALICE), NONE);
    assert_eq!(app.posts(), NONE);
    assert!(app.metric(IGNORED).await >= before + 5);
    app.end().await;
}

#[tokio::test]
async fn without_settings_nobody_may_sign_up() {
    let app = App::start_with(&[("SIGNUP", "")]).await;
    let sid = app.says(ALICE, "hello").await;
    assert_eq!(app.state(&sid).await, "ignored/not_invited");
    assert_eq!(app.replies(ALICE), NONE);
    app.end().await;
}

#[tokio::test]
async fn only_allowed_numbers_may_sign_up() {
    let changes = [
        ("SIGNUP", "allowlist"),
        ("ALLOWED_NUMBERS", "+15550003333, +15550001111"),
    ];
    let app = App::start_with(&changes).await;
    app.link_as(ALICE, "demo").await;
    app.says(ALICE, "let in").await;
    let sid = app.says(BOB, "not me").await;
    assert_eq!(app.state(&sid).await, "ignored/not_invited");
    assert_eq!(app.replies(BOB), NONE);
    assert_eq!(app.posts(), ["let in"]);
    app.end().await;
}

#[tokio::test]
async fn a_sender_that_is_not_a_phone_gets_no_reply() {
    for sender in [
        "72404",
        "BANK",
        "whatsapp:+15550001111",
        "rcs:+15550001111",
        "+123",
        "15550001111",
        "",
    ] {
        let app = App::start().await;
        let sid = app.says(sender, "hello").await;
        assert_eq!(app.state(&sid).await, "ignored/sender", "{sender}");
        assert_eq!(app.replies(sender), NONE, "{sender}");
        app.end().await;
    }
}

#[tokio::test]
async fn our_own_number_gets_no_reply() {
    let app = App::start().await;
    let sid = app.says("+15550009999", "an echo").await;
    assert_eq!(app.state(&sid).await, "ignored/sender");
    assert_eq!(app.calls("twilio.create_message"), 0);
    app.end().await;
}
