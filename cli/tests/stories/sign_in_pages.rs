//! What the sign-in pages say, and that every address of them is a page.

use birdcall_sim::{Fault, SimConfig};
use serde_json::json;

use crate::{app::browser, prelude::*};

const OPERATED: Changes<'_> = &[
    ("OPERATOR_NAME", "Example Org"),
    ("OPERATOR_CONTACT", "help@example.com"),
    ("PRIVACY_URL", "https://example.com/privacy"),
];

#[tokio::test]
async fn every_page_names_the_number_of_the_service_and_who_runs_it() {
    let app = App::start_with(OPERATED).await;
    app.says(ALICE, "hello?").await;
    let link = app.link(ALICE);
    let authorize = app.press_start(&link).await;
    let denied = app.sim.deny(&authorize).await;
    let address = |path: &str| format!("{}{path}", app.url);
    let mut pages = vec![
        app.get(&link).await,
        app.get(&denied).await,
        app.get(&address("/auth/?phone=1&token=x")).await,
        app.get(&address("/auth/callback?state=x")).await,
        app.get(&address("/auth/start")).await,
        app.get(&address("/nowhere")).await,
    ];
    pages.push(app.sign_in(ALICE, "demo").await);
    for page in pages {
        page.says(&format!("href=\"sms:{SERVICE}\">{SERVICE}<"))
            .says("Run by Example Org")
            .says("href=\"mailto:help@example.com\"")
            .says("href=\"https://example.com/privacy\"");
    }
    app.end().await;
}

#[tokio::test]
async fn a_page_of_a_messaging_service_names_the_number_that_was_texted() {
    let service = format!("MG{}", "0".repeat(32));
    let app = App::start_with(&[("TWILIO_FROM", service.as_str())]).await;
    let pairs = [
        ("MessageSid", "SM00000000000000000000000000000001"),
        ("AccountSid", app.config.twilio.account_sid.as_str()),
        ("MessagingServiceSid", service.as_str()),
        ("From", ALICE),
        ("To", SERVICE),
        ("Body", "hello?"),
    ];
    let taken = app.twilio_posts("/twilio/message", &pairs).await;
    assert_eq!(taken.status, 200, "{}", taken.body);
    let phone = ALICE.parse().expect("a phone");
    let link = app.worker.sign_in_link(&phone, app.now());
    app.get(&link).await.says("href=\"sms:+15550009999\"");
    app.get(&format!("{}/nowhere", app.url)).await.hides("sms:");
    app.leaves_open().await;
}

#[tokio::test]
async fn the_page_says_what_happens_before_the_button() {
    let app = App::start().await;
    app.says(ALICE, "hello?").await;
    let page = app.get(&app.link(ALICE)).await;
    let (before, after) = page.body.split_once("<button").expect("a button");
    for words in [
        ALICE,
        "Not your number? Close this page",
        "Your carrier may charge you",
        r"\STOP to unlink your number and delete your data",
        r"\UNDO to delete your last post",
    ] {
        assert!(before.contains(words), "{words} in {before}");
    }
    assert!(!after.contains("Not your number?"), "{after}");
    app.end().await;
}

#[tokio::test]
async fn a_link_that_does_not_work_says_how_to_get_one() {
    let app = App::start().await;
    for query in ["", "?phone=nobody", "?phone=1&phone=2", "?token=%FF"] {
        let page = app.get(&format!("{}/auth/{query}", app.url)).await;
        assert_eq!(page.status, 403, "{query}");
        page.says("This link does not work")
            .says("text anything to Birdcall")
            .says("If your number is linked, you need no link");
    }
    app.end().await;
}

#[tokio::test]
async fn every_address_of_the_sign_in_is_a_page() {
    let app = App::start().await;
    let all = |path: &str| format!("{}{path}", app.url);
    let b = browser();
    for (request, status) in [
        (b.get(all("/auth/start")), 200),
        (b.get(all("/auth/confirm")), 200),
        (b.get(all("/auth/callback?state=a&state=b")), 400),
        (b.post(all("/auth/start")), 403),
        (b.post(all("/auth/start")).body("phone=%FF"), 403),
        (b.post(all("/auth/confirm")), 410),
        (b.post(all("/auth/")), 405),
        (b.post(all("/auth/callback")), 405),
        (b.put(all("/auth/start")), 405),
        (b.get(all("/twilio/message")), 405),
        (b.get(all("/auth/nowhere")), 404),
    ] {
        let page = Page::of(request).await;
        assert_eq!(page.status, status, "{}", page.body);
        page.says("<h1>").says(SERVICE);
    }
    app.end().await;
}

#[tokio::test]
async fn after_an_outage_the_page_leads_back_to_the_link() {
    let app = App::start().await;
    app.says(ALICE, "hello?").await;
    let link = app.link(ALICE);
    let authorize = app.press_start(&link).await;
    app.sim
        .fault(Fault::answer("x.token", 503, json!({})).times(1));
    let callback = app.sim.approve(&authorize, "demo").await;
    let page = app.get(&callback).await;
    assert_eq!(page.status, 502);
    assert_eq!(page.again().as_deref(), Some(link.as_str()));
    // Another browser is not led to the link, which may be another person's.
    let other = Page::of(browser().get(&callback)).await;
    assert_eq!(other.again(), None);
    app.settle().await;
    let again = app.press_start(&page.again().expect("a link")).await;
    let linked = app.get(&app.sim.approve(&again, "demo").await).await;
    linked.says("Signed in");
    app.settle().await;
    app.end().await;
}

#[tokio::test]
async fn a_handle_that_x_cannot_have_given_is_neither_shown_nor_texted() {
    for handle in ["a\0b", "a\r\nb", "<script>alert(1)</script>", "x/../y"] {
        let app = App::start_under("", SimConfig::for_tests(), &[]).await;
        app.says(ALICE, "hello?").await;
        let authorize = app.press_start(&app.link(ALICE)).await;
        let body = json!({"data": {"id": "2244994945", "username": handle}});
        app.sim
            .fault(Fault::answer("x.users_me", 200, body).times(1));
        let page = app.get(&app.sim.approve(&authorize, "demo").await).await;
        assert_eq!(page.status, 200, "{}", page.body);
        page.says("Signed in").hides("X account<").hides(handle);
        app.settle().await;
        assert_eq!(
            app.last_reply(ALICE),
            r"Signed in. From now on, your texts are posted on your X account. Text \HELP for commands."
        );
        app.end().await;
    }
}

#[tokio::test]
async fn help_names_the_operator() {
    let app = App::start_with(OPERATED).await;
    app.link_as(ALICE, "demo").await;
    app.says(ALICE, r"\HELP").await;
    assert_eq!(
        app.last_reply(ALICE),
        r"Texts are posted on X. \UNDO deletes the last post, \STATUS, \RETRY, \STOP deletes your data. Run by Example Org, help@example.com."
    );
    app.end().await;
}
