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
    let sid = app.says(SERVICE, "an echo").await;
    assert_eq!(app.state(&sid).await, "ignored/sender");
    assert_eq!(app.calls("twilio.create_message"), 0);
    app.end().await;
}

#[tokio::test]
async fn strangers_beyond_the_limit_of_a_day_get_no_reply_and_the_operator_is_told() {
    const UNANSWERED: &str = "birdcall_strangers_unanswered_total";
    let app = App::start_with(&[("STRANGERS_PER_DAY_MAX", "3")]).await;
    app.link_as(ALICE, "demo").await;
    let before = app.metric(UNANSWERED).await;
    for (phone, state, replies) in [
        ("+15550000001", "refused/not_linked", 1),
        ("+15550000002", "refused/not_linked", 1),
        ("+15550000003", "ignored/too_many_strangers", 0),
        ("+15550000001", "ignored/too_many_strangers", 1),
    ] {
        let sid = app.says(phone, "hello?").await;
        assert_eq!(app.state(&sid).await, state, "{phone}");
        assert_eq!(app.replies(phone).len(), replies, "{phone}");
    }
    assert!(app.metric(UNANSWERED).await >= before + 2);
    let sid = app.says(ALICE, "I am linked").await;
    assert_eq!(app.state(&sid).await, "published");
    // A link that was texted before the limit was reached works.
    assert_eq!(app.sign_in("+15550000001", "one").await.status, 200);
    app.clock.advance(DAY);
    let sid = app.says("+15550000003", "hello?").await;
    assert_eq!(app.state(&sid).await, "refused/not_linked");
    app.leaves_open().await;
}

#[tokio::test]
async fn a_stranger_gets_a_few_links_a_day() {
    let app = App::start_with(&[("LINKS_PER_DAY_MAX", "2")]).await;
    for expected in [
        "refused/not_linked",
        "refused/not_linked",
        "ignored/too_many_links",
        "ignored/too_many_links",
    ] {
        let sid = app.says(ALICE, "hello?").await;
        assert_eq!(app.state(&sid).await, expected);
    }
    assert_eq!(app.replies(ALICE).len(), 2);
    let sid = app.says(BOB, "hello?").await;
    assert_eq!(app.state(&sid).await, "refused/not_linked");
    app.clock.advance(DAY);
    app.says(ALICE, "hello?").await;
    assert_eq!(app.replies(ALICE).len(), 3);
    app.end().await;
}

#[tokio::test]
async fn an_open_service_answers_numbers_of_its_own_country_only() {
    const GERMAN: &str = "+4915112345678";
    const CANADIAN: &str = "+14165550123";
    for (countries, answered, ignored) in [
        ("", vec![ALICE], vec![GERMAN, CANADIAN]),
        ("DE,ca", vec![GERMAN, CANADIAN], vec![ALICE]),
        ("any", vec![GERMAN, CANADIAN, ALICE], vec![]),
    ] {
        let app = App::start_with(&[("SIGNUP_COUNTRIES", countries)]).await;
        for phone in answered {
            let sid = app.says(phone, "hello?").await;
            assert_eq!(app.state(&sid).await, "refused/not_linked", "{phone}");
            assert_eq!(app.replies(phone).len(), 1, "{phone}");
        }
        for phone in ignored {
            let sid = app.says(phone, "hello?").await;
            assert_eq!(app.state(&sid).await, "ignored/not_invited", "{phone}");
            assert_eq!(app.replies(phone), NONE, "{phone}");
        }
        app.end().await;
    }
}
