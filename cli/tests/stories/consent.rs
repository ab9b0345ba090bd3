//! A number is linked only by somebody who saw our page: in the browser that pressed our button, or in
//! another one in which its owner confirms it.

use birdcall_sim::Fault;
use serde_json::json;

use crate::{app::browser, prelude::*};

/// Alice has begun to sign in, and X was allowed in a browser that has no cookie of ours. Returns that
/// browser, and the page that it got.
async fn allowed_elsewhere(app: &App) -> (reqwest::Client, String, Page) {
    app.says(ALICE, "hello?").await;
    let authorize = app.press_start(&app.link(ALICE)).await;
    let callback = app.sim.approve(&authorize, "demo").await;
    let other = browser();
    let page = Page::of(other.get(&callback)).await;
    app.settle().await;
    (other, callback, page)
}

/// Presses a button of the page in this browser.
async fn press(app: &App, other: &reqwest::Client, page: &Page, decision: &str) -> Page {
    let mut fields = page.fields();
    fields.push(("decision".to_owned(), decision.to_owned()));
    let page = app.send(other, "/auth/confirm", &fields).await;
    app.settle().await;
    page
}

#[tokio::test]
async fn a_browser_that_did_not_begin_the_sign_in_is_asked_and_links_with_the_button_only() {
    let app = App::start().await;
    let (other, callback, page) = allowed_elsewhere(&app).await;
    assert_eq!(page.status, 200);
    page.says("Is this your number?").says(ALICE).says("@demo");
    assert!(app.account_of(ALICE).await.is_none());
    assert_eq!(app.replies(ALICE).len(), 1, "only the link");
    // The page may be loaded again in that browser, and asks again.
    let again = Page::of(other.get(&callback)).await;
    assert_eq!((again.status, &again.body), (200, &page.body));
    let linked = press(&app, &other, &again, "confirm").await;
    assert_eq!(linked.status, 200, "{}", linked.body);
    linked.says("Signed in").says("@demo");
    assert_eq!(
        app.last_reply(ALICE),
        r"Signed in as @demo. From now on, your texts are posted there. Text \HELP for commands."
    );
    app.says(ALICE, "hello").await;
    assert_eq!(app.posts(), ["hello"]);
    app.wait(HOUR).await;
    assert_eq!(app.calls("x.revoke"), 0);
    // The button works once, and the page shows how it ended.
    assert_eq!(press(&app, &other, &page, "confirm").await.status, 410);
    let after = Page::of(other.get(&callback)).await;
    after.says("Signed in");
    app.end().await;
}

#[tokio::test]
async fn only_the_browser_in_which_x_was_allowed_may_confirm() {
    let app = App::start().await;
    let (_, callback, page) = allowed_elsewhere(&app).await;
    // The browser that began the sign-in knows the state, but not the key in the page.
    let began = app.get(&callback).await;
    assert_eq!(began.status, 409);
    began.says("Not linked yet").hides("name=\"key\"");
    for key in ["", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
        let fields = [("key".to_owned(), key.to_owned())];
        let pressed = app.send(&app.browser, "/auth/confirm", &fields).await;
        assert_eq!(pressed.status, 410, "{key}");
    }
    assert!(app.account_of(ALICE).await.is_none());
    // Another site cannot press the button either, even if it knew the key.
    let request = browser()
        .post(format!("{}/auth/confirm", app.url))
        .form(&page.fields())
        .header("Origin", "https://evil.example");
    assert_eq!(Page::of(request).await.status, 403);
    assert!(app.account_of(ALICE).await.is_none());
    app.end().await;
}

#[tokio::test]
async fn a_sign_in_that_is_declined_links_nothing_and_gives_the_tokens_back() {
    let app = App::start().await;
    let (other, callback, page) = allowed_elsewhere(&app).await;
    let declined = press(&app, &other, &page, "decline").await;
    assert_eq!(declined.status, 403);
    declined.says("It was declined in the browser.");
    assert_eq!(
        app.replies(ALICE)[1..],
        ["Sign-in failed: it was declined in the browser. Text anything to start again."]
    );
    app.later(MINUTE).await;
    assert_eq!(app.calls("x.revoke"), 2);
    assert_eq!(press(&app, &other, &page, "confirm").await.status, 410);
    assert_eq!(Page::of(other.get(&callback)).await.status, 403);
    assert_eq!(app.replies(ALICE).len(), 2, "told once");
    assert!(app.account_of(ALICE).await.is_none());
    app.end().await;
}

#[tokio::test]
async fn a_sign_in_that_nobody_confirms_ends_and_gives_the_tokens_back() {
    let app = App::start().await;
    let (other, callback, page) = allowed_elsewhere(&app).await;
    app.later(14 * MINUTE).await;
    assert_eq!(app.calls("x.revoke"), 0);
    // X cannot be asked at first.
    app.sim
        .fault(Fault::answer("x.revoke", 503, json!({})).times(2));
    app.later(2 * MINUTE).await;
    assert_eq!(press(&app, &other, &page, "confirm").await.status, 410);
    app.wait(2 * MINUTE).await;
    assert_eq!(app.calls("x.revoke"), 4);
    assert_eq!(
        app.replies(ALICE)[1..],
        ["Sign-in failed: it was not confirmed in the browser. Text anything to start again."]
    );
    assert_eq!(Page::of(other.get(&callback)).await.status, 410);
    app.wait(HOUR).await;
    assert_eq!(app.calls("x.revoke"), 4);
    assert_eq!(app.replies(ALICE).len(), 2);
    assert!(app.account_of(ALICE).await.is_none());
    app.end().await;
}

#[tokio::test]
async fn a_confirmation_of_a_number_that_was_forgotten_links_nothing() {
    let app = App::start().await;
    let (other, _, page) = allowed_elsewhere(&app).await;
    app.says(ALICE, r"\STOP").await;
    assert_eq!(press(&app, &other, &page, "confirm").await.status, 410);
    assert!(app.account_of(ALICE).await.is_none());
    let told = app.replies(ALICE).len();
    app.later(16 * MINUTE).await;
    assert_eq!(app.calls("x.revoke"), 2);
    assert_eq!(app.replies(ALICE).len(), told);
    app.end().await;
}

#[tokio::test]
async fn a_confirmation_after_the_link_was_used_elsewhere_links_nothing() {
    let app = App::start().await;
    let (other, _, page) = allowed_elsewhere(&app).await;
    assert_eq!(app.sign_in(ALICE, "alice").await.status, 200);
    let late = press(&app, &other, &page, "confirm").await;
    assert_eq!(late.status, 403);
    late.says("Its link no longer works.");
    assert_eq!(account(&app).await.x_handle, "alice");
    app.later(MINUTE).await;
    assert_eq!(app.calls("x.revoke"), 2);
    assert_eq!(account(&app).await.x_handle, "alice");
    app.end().await;
}

#[tokio::test]
async fn another_site_cannot_start_a_sign_in() {
    let app = App::start().await;
    app.says(ALICE, "hello?").await;
    let link = app.get(&app.link(ALICE)).await;
    let ours = app.config.public_url.origin();
    for (headers, status) in [
        (vec![("Origin", "https://evil.example")], 403),
        (vec![("Sec-Fetch-Site", "cross-site")], 403),
        (
            vec![("Sec-Fetch-Site", "same-site"), ("Origin", &ours)],
            403,
        ),
        (vec![("Origin", "null")], 403),
        (
            vec![("Sec-Fetch-Site", "same-origin"), ("Origin", &ours)],
            303,
        ),
        (
            vec![("Sec-Fetch-Site", "same-origin"), ("Origin", "null")],
            303,
        ),
        (vec![], 303),
    ] {
        let start = browser().post(format!("{}/auth/start", app.url));
        let mut start = start.form(&link.fields());
        for (name, value) in &headers {
            start = start.header(*name, *value);
        }
        let page = Page::of(start).await;
        assert_eq!(page.status, status, "{headers:?}");
        assert_eq!(page.cookies.len(), usize::from(status == 303));
    }
    app.end().await;
}

#[tokio::test]
async fn the_cookie_of_a_sign_in_is_kept_to_our_pages() {
    let app = App::start_under("/app", birdcall_sim::SimConfig::for_tests(), &[]).await;
    app.says(ALICE, "hello?").await;
    let link = app.get(&app.link(ALICE)).await;
    let started = app.send(&browser(), "/auth/start", &link.fields()).await;
    let [cookie] = started.cookies.as_slice() else {
        panic!("{:?}", started.cookies);
    };
    let (secret, attributes) = cookie.split_once("; ").expect("attributes");
    assert_eq!(
        attributes,
        "Path=/app/auth; Max-Age=900; HttpOnly; SameSite=Lax"
    );
    let (name, secret) = secret.split_once('=').expect("a value");
    assert!(name.starts_with("birdcall_sign_in_"), "{name}");
    assert_eq!(secret.len(), 32, "{secret}");
    assert!(!started.location.contains(secret));
    app.end().await;
}

#[tokio::test]
async fn one_browser_may_sign_two_numbers_in_at_once() {
    let app = App::start().await;
    app.says(ALICE, "hello?").await;
    app.says(BOB, "hello?").await;
    let alice = app.press_start(&app.link(ALICE)).await;
    let bob = app.press_start(&app.link(BOB)).await;
    for (authorize, username) in [(&alice, "alice"), (&bob, "bob")] {
        let page = app.get(&app.sim.approve(authorize, username).await).await;
        page.says("Signed in").says(&format!("@{username}"));
    }
    app.settle().await;
    app.end().await;
}
