//! Signing in: from the link to the page that says how it ended.

use birdcall_ledger::authorizations::secret_hash;
use birdcall_sim::{Fault, FaultAction};
use serde_json::{Value, json};

use crate::{app::browser, prelude::*};

/// Alice has texted, followed her link and pressed the button. Returns the address at X.
async fn at_x() -> (App, String) {
    let app = App::start().await;
    app.says(ALICE, "hello?").await;
    let authorize = app.press_start(&app.link(ALICE)).await;
    (app, authorize)
}

/// X sends the browser back to web.
async fn comes_back(app: &App, callback: &str) -> Page {
    let page = app.get(callback).await;
    app.settle().await;
    page
}

/// After a failed sign-in, any text starts again, and the next sign-in works.
async fn starts_again(app: App) {
    assert_eq!(app.posts(), NONE);
    app.says(ALICE, "again?").await;
    let page = app.sign_in(ALICE, "demo").await;
    assert_eq!(page.status, 200, "{}", page.body);
    app.says(ALICE, "it works").await;
    assert_eq!(app.posts(), ["it works"]);
    app.end().await;
}

#[tokio::test]
async fn a_link_preview_may_fetch_the_link_any_number_of_times() {
    let app = App::start().await;
    app.says(ALICE, "hello?").await;
    let link = app.link(ALICE);
    let asked = app.sim.requests().len();
    let first = app.get(&link).await;
    for _ in 0..10 {
        let page = app.get(&link).await;
        assert_eq!((page.status, page.body), (200, first.body.clone()));
    }
    app.settle().await;
    assert_eq!(
        app.sim.requests().len(),
        asked,
        "neither X nor Twilio was called"
    );
    assert_eq!(app.sign_in(ALICE, "demo").await.status, 200);
    app.end().await;
}

#[tokio::test]
async fn the_page_names_the_number_before_and_after_the_sign_in() {
    let app = App::start().await;
    app.says(ALICE, "hello?").await;
    let before = app.get(&app.link(ALICE)).await;
    assert!(before.body.contains("15550001111"), "{}", before.body);
    let after = app.sign_in(ALICE, "demo").await;
    assert!(after.body.contains("15550001111"), "{}", after.body);
    assert!(after.body.contains("@demo"), "{}", after.body);
    app.end().await;
}

#[tokio::test]
async fn the_plus_sign_in_the_link_may_be_escaped_plain_or_missing() {
    let app = App::start().await;
    app.says(ALICE, "hello?").await;
    let link = app.link(ALICE);
    assert!(
        link.contains("/auth/?phone=%2B15550001111&token="),
        "{link}"
    );
    for spelling in ["%2B15550001111", "+15550001111", "15550001111"] {
        let page = app.get(&link.replace("%2B15550001111", spelling)).await;
        assert_eq!(page.status, 200, "{spelling}");
    }
    app.end().await;
}

#[tokio::test]
async fn after_the_sign_in_the_link_shows_that_it_worked() {
    let app = App::start().await;
    app.says(ALICE, "hello?").await;
    let link = app.link(ALICE);
    app.clock.advance(MINUTE);
    app.sign_in(ALICE, "demo").await;
    let page = app.get(&link).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("Signed in"), "{}", page.body);
    assert!(page.body.contains("@demo"), "{}", page.body);
    app.end().await;
}

#[tokio::test]
async fn cancelling_at_x_is_reported_on_the_page_and_in_a_reply() {
    let (app, authorize) = at_x().await;
    let page = comes_back(&app, &app.sim.deny(&authorize).await).await;
    assert_eq!(page.status, 403);
    assert!(
        page.body.contains("You did not allow it at X."),
        "{}",
        page.body
    );
    assert_eq!(
        app.last_reply(ALICE),
        "Sign-in failed: you did not allow it at X. Text anything to start again."
    );
    starts_again(app).await;
}

#[tokio::test]
async fn a_sign_in_that_took_too_long_is_reported_on_the_page_and_in_a_reply() {
    let (app, authorize) = at_x().await;
    app.clock.advance(16 * MINUTE);
    let page = comes_back(&app, &app.sim.approve(&authorize, "demo").await).await;
    assert_eq!(page.status, 410);
    assert!(page.body.contains("It took too long."), "{}", page.body);
    assert_eq!(
        app.last_reply(ALICE),
        "Sign-in failed: it took too long. Text anything to start again."
    );
    starts_again(app).await;
}

#[tokio::test]
async fn the_page_after_a_sign_in_may_be_loaded_again() {
    let (app, authorize) = at_x().await;
    let callback = app.sim.approve(&authorize, "demo").await;
    let first = comes_back(&app, &callback).await;
    assert_eq!(first.status, 200);
    let told = app.replies(ALICE);
    for _ in 0..3 {
        let page = comes_back(&app, &callback).await;
        assert_eq!((page.status, &page.body), (200, &first.body));
    }
    assert_eq!(app.calls("x.token"), 1, "the code is not used again");
    // A tab that is restored the next day has no cookie any more.
    app.clock.advance(20 * HOUR);
    let page = Page::of(browser().get(&callback)).await;
    assert_eq!((page.status, &page.body), (200, &first.body));
    app.settle().await;
    assert_eq!(app.replies(ALICE), told, "nobody is texted");
    app.leaves_open().await;
}

#[tokio::test]
async fn the_page_after_a_failed_sign_in_may_be_loaded_again() {
    let (app, authorize) = at_x().await;
    let callback = app.sim.deny(&authorize).await;
    let first = comes_back(&app, &callback).await;
    let told = app.replies(ALICE);
    for _ in 0..3 {
        let page = comes_back(&app, &callback).await;
        assert_eq!((page.status, &page.body), (403, &first.body));
    }
    assert_eq!(app.replies(ALICE), told, "nobody is texted");
    starts_again(app).await;
}

#[tokio::test]
async fn a_page_that_is_loaded_after_the_number_was_linked_again_does_not_say_what_is_no_longer_so()
{
    let (app, authorize) = at_x().await;
    let callback = app.sim.approve(&authorize, "demo").await;
    comes_back(&app, &callback).await;
    app.says(ALICE, r"\STOP").await;
    let told = app.replies(ALICE).len();
    let page = comes_back(&app, &callback).await;
    page.says("It was not started here.").hides("@demo");
    app.link_as(ALICE, "other").await;
    let page = comes_back(&app, &callback).await;
    page.hides("Signed in").hides("@demo");
    let about_it = app.replies(ALICE)[told..].to_vec();
    assert_eq!(about_it.len(), 2, "the link and the welcome: {about_it:?}");
    app.end().await;
}

#[tokio::test]
async fn an_unknown_state_is_reported_to_the_phone_whose_sign_in_this_browser_began() {
    let (app, authorize) = at_x().await;
    let told = app.replies(ALICE).len();
    let forged = format!("{}/auth/callback?state=forged&code=stolen", app.url);
    for _ in 0..2 {
        let page = comes_back(&app, &forged).await;
        assert_eq!(page.status, 400);
        assert!(
            page.body.contains("It was not started here."),
            "{}",
            page.body
        );
    }
    assert_eq!(
        app.replies(ALICE)[told..],
        ["Sign-in failed: it was not started here. Text anything to start again."]
    );
    // The sign-in that was started here still works.
    let callback = app.sim.approve(&authorize, "demo").await;
    assert_eq!(comes_back(&app, &callback).await.status, 200);
    app.end().await;
}

#[tokio::test]
async fn an_unknown_state_from_another_browser_is_reported_on_the_page_only() {
    let (app, _) = at_x().await;
    let told = app.replies(ALICE).len();
    for query in [
        "state=forged&code=stolen",
        "state=forged&error=access_denied",
        "",
    ] {
        let forged = format!("{}/auth/callback?{query}", app.url);
        let page = Page::of(browser().get(forged)).await;
        app.settle().await;
        assert_eq!(page.status, 400, "{query}");
        assert!(
            page.body.contains("It was not started here."),
            "{}",
            page.body
        );
    }
    assert_eq!(app.replies(ALICE).len(), told);
    assert_eq!(app.calls("x.token"), 0);
    starts_again(app).await;
}

#[tokio::test]
async fn an_incomplete_callback_is_reported_on_the_page_and_in_a_reply() {
    let (app, authorize) = at_x().await;
    let callback = app.sim.approve(&authorize, "demo").await;
    let codeless = callback.split("&code=").next().expect("a state");
    let page = comes_back(&app, codeless).await;
    assert_eq!(page.status, 400);
    assert!(
        page.body.contains("X sent an incomplete answer."),
        "{}",
        page.body
    );
    assert_eq!(
        app.last_reply(ALICE),
        "Sign-in failed: X sent an incomplete answer. Text anything to start again."
    );
    starts_again(app).await;
}

#[tokio::test]
async fn a_code_that_x_refuses_is_reported_on_the_page_and_in_a_reply() {
    let (app, authorize) = at_x().await;
    let callback = app.sim.approve(&authorize, "demo").await;
    app.clock.advance(31 * SECOND);
    let page = comes_back(&app, &callback).await;
    assert_eq!(page.status, 400);
    assert!(page.body.contains("X did not accept it."), "{}", page.body);
    assert_eq!(
        app.last_reply(ALICE),
        "Sign-in failed: X did not accept it. Text anything to start again."
    );
    starts_again(app).await;
}

#[tokio::test]
async fn an_outage_of_x_is_reported_on_the_page_and_in_a_reply() {
    let answer = |status, body: Value| FaultAction::Answer {
        status,
        headers: [].into(),
        body,
    };
    for outage in [
        answer(503, json!({})),
        answer(500, json!("<html>down</html>")),
        answer(401, json!({"title": "Unauthorized"})),
        answer(429, json!({})),
        FaultAction::DropBefore,
        FaultAction::DropAfter,
    ] {
        let (app, authorize) = at_x().await;
        let callback = app.sim.approve(&authorize, "demo").await;
        app.sim
            .fault(Fault::new("x.token", outage.clone()).times(1));
        let page = comes_back(&app, &callback).await;
        assert_eq!(page.status, 502, "{outage:?}");
        assert!(
            page.body.contains("X is not answering right now."),
            "{}",
            page.body
        );
        assert_eq!(
            app.last_reply(ALICE),
            "Sign-in failed: X is not answering right now. Text anything to start again."
        );
        starts_again(app).await;
    }
}

#[tokio::test]
async fn the_sweep_reports_a_sign_in_during_which_web_died() {
    let (app, authorize) = at_x().await;
    let state = authorize.split("state=").nth(1).expect("a state");
    let state = state.split('&').next().expect("a state");
    let used = app
        .ledger
        .use_authorization(&secret_hash(state), app.now())
        .await;
    assert!(used.expect("the ledger").is_some());
    app.later(3 * MINUTE).await;
    app.later(3 * MINUTE).await;
    assert_eq!(
        app.replies(ALICE)[1..],
        ["Sign-in failed: X is not answering right now. Text anything to start again."]
    );
    starts_again(app).await;
}

#[tokio::test]
async fn a_number_is_linked_even_if_x_does_not_name_the_account_at_once() {
    for status in [401, 404, 429, 503] {
        let (app, authorize) = at_x().await;
        let callback = app.sim.approve(&authorize, "demo").await;
        app.sim
            .fault(Fault::answer("x.users_me", status, json!({})).times(1));
        assert_eq!(comes_back(&app, &callback).await.status, 200, "{status}");
        assert_eq!(
            app.last_reply(ALICE),
            r"Signed in. From now on, your texts are posted on your X account. Text \HELP for commands."
        );
        app.says(ALICE, "hello").await;
        let id = app.sim.posts()[0].id.clone();
        assert_eq!(
            app.last_reply(ALICE),
            format!("'hello' has been successfully tweeted https://x.com/demo/status/{id}")
        );
        app.end().await;
    }
}

#[tokio::test]
async fn a_text_is_posted_even_if_x_never_names_the_account() {
    let (app, authorize) = at_x().await;
    let callback = app.sim.approve(&authorize, "demo").await;
    app.sim.fault(Fault::answer("x.users_me", 503, json!({})));
    assert_eq!(comes_back(&app, &callback).await.status, 200);
    app.says(ALICE, "hello").await;
    let id = app.sim.posts()[0].id.clone();
    assert_eq!(
        app.last_reply(ALICE),
        format!("'hello' has been successfully tweeted https://x.com/i/status/{id}")
    );
    app.end().await;
}

#[tokio::test]
async fn without_permission_to_post_no_number_is_linked() {
    for scope in ["tweet.write", "tweet.read", "users.read"] {
        let (app, authorize) = at_x().await;
        let less = authorize.replace(&format!("{scope}+"), "");
        assert_ne!(less, authorize);
        let page = comes_back(&app, &app.sim.approve(&less, "demo").await).await;
        assert_eq!(page.status, 403, "{scope}");
        assert!(
            page.body
                .contains("You did not give us permission to post."),
            "{}",
            page.body
        );
        assert_eq!(
            app.last_reply(ALICE),
            "Sign-in failed: you did not give us permission to post. Text anything to start again."
        );
        starts_again(app).await;
    }
}

#[tokio::test]
async fn a_forged_link_is_refused() {
    let app = App::start().await;
    app.says(ALICE, "hello?").await;
    app.says(BOB, "hello?").await;
    let (alice, bob) = (app.link(ALICE), app.link(BOB));
    let token = |link: &str| link.split("token=").nth(1).expect("a token").to_owned();
    for forged in [
        alice.replace("15550001111", "15550002222"),
        alice.replace(&token(&alice), &token(&bob)),
        alice.replace(&token(&alice), "AAAAAAAAAAAAAAAAAAAAAAAAAAA"),
        alice.replace(&token(&alice), ""),
        alice[..alice.len() - 1].to_owned(),
        format!("{}/auth/", app.url),
        format!("{}/auth/?phone=nobody&token=x", app.url),
    ] {
        let page = app.get(&forged).await;
        assert_eq!(page.status, 403, "{forged}");
        page.says("This link has expired");
    }
    let form = [("phone", "+15550002222"), ("token", &token(&alice))];
    let start = app
        .browser
        .post(format!("{}/auth/start", app.url))
        .form(&form);
    assert_eq!(Page::of(start).await.status, 403);
    app.end().await;
}

#[tokio::test]
async fn a_link_works_for_a_day() {
    let app = App::start().await;
    app.says(ALICE, "hello?").await;
    let link = app.link(ALICE);
    app.clock.advance(23 * HOUR);
    assert_eq!(app.get(&link).await.status, 200);
    app.clock.advance(2 * HOUR);
    assert_eq!(app.get(&link).await.status, 403);
    starts_again(app).await;
}
