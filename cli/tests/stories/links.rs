//! Sign-in links: how often they are texted, how long they work, and what the ledger keeps of them.

use crate::{app::browser, prelude::*};

/// Follows a link to X, in a browser of its own.
async fn start(app: &App, link: &str) -> Page {
    let browser = browser();
    let page = Page::of(browser.get(link)).await;
    app.send(&browser, "/auth/start", &page.fields()).await
}

#[tokio::test]
async fn http_alone_causes_no_more_than_a_few_texts() {
    let app = App::start().await;
    app.says(ALICE, "hello?").await;
    let link = app.link(ALICE);
    for round in 0..40 {
        let started = app.press_start(&link).await;
        let state = started.split("state=").nth(1).expect("a state");
        let state = state.split('&').next().expect("a state");
        for answer in ["error=access_denied", "code=forged", ""] {
            let callback = format!("{}/auth/callback?state={state}&{answer}", app.url);
            app.get(&callback).await;
        }
        let forged = format!("{}/auth/callback?state=forged{round}&code=x", app.url);
        app.get(&forged).await;
        app.clock.advance(30 * SECOND);
        app.settle().await;
    }
    assert_eq!(app.replies(ALICE).len(), 5, "LINKS_PER_DAY_MAX");
    // The page still says what happened.
    let authorize = app.press_start(&link).await;
    let denied = app.get(&app.sim.deny(&authorize).await).await;
    denied.says("You did not allow it at X.");
    app.settle().await;
    assert_eq!(app.replies(ALICE).len(), 5);
    app.clock.advance(DAY);
    app.says(ALICE, "hello?").await;
    assert_eq!(app.replies(ALICE).len(), 6);
    app.end().await;
}

#[tokio::test]
async fn links_and_failures_count_together() {
    let app = App::start_with(&[("LINKS_PER_DAY_MAX", "3")]).await;
    app.says(ALICE, "hello?").await;
    let authorize = app.press_start(&app.link(ALICE)).await;
    app.get(&app.sim.deny(&authorize).await).await;
    app.settle().await;
    app.says(ALICE, "hello?").await;
    let sid = app.says(ALICE, "hello?").await;
    assert_eq!(app.state(&sid).await, "ignored/too_many_links");
    assert_eq!(app.replies(ALICE).len(), 3);
    // A sign-in that works is always confirmed.
    app.sign_in(ALICE, "demo").await;
    assert_eq!(app.replies(ALICE).len(), 4);
    app.end().await;
}

#[tokio::test]
async fn a_linked_number_gets_a_few_links_a_day_and_its_texts_are_kept() {
    let app = linked_with(&[("LINKS_PER_DAY_MAX", "3")]).await;
    let phone = account(&app).await;
    let lost = app
        .ledger
        .disconnect_account(&phone.id, phone.token_version);
    lost.await.expect("the ledger");
    let told = app.replies(ALICE).len();
    for n in 0..5 {
        app.says(ALICE, &format!("text {n}")).await;
    }
    assert_eq!(app.replies(ALICE).len(), told + 2, "one was the first link");
    app.sign_in(ALICE, "demo").await;
    let posted: Vec<String> = (0..5).map(|n| format!("text {n}")).collect();
    assert_eq!(app.posts(), posted);
    app.end().await;
}

#[tokio::test]
async fn a_link_that_was_started_again_has_one_open_sign_in() {
    let app = App::start().await;
    app.says(ALICE, "hello?").await;
    let link = app.link(ALICE);
    let first = app.press_start(&link).await;
    let second = app.press_start(&link).await;
    let replaced = app.get(&app.sim.approve(&first, "demo").await).await;
    assert_eq!(replaced.status, 409);
    replaced.says("Started a second time");
    app.settle().await;
    assert_eq!(app.calls("x.token"), 0);
    assert_eq!(app.replies(ALICE).len(), 1, "nobody is texted");
    let linked = app.get(&app.sim.approve(&second, "demo").await).await;
    assert_eq!(linked.status, 200);
    linked.says("Signed in");
    app.settle().await;
    app.end().await;
}

#[tokio::test]
async fn a_link_is_spent_by_a_sign_in_that_works_and_older_ones_with_it() {
    let app = App::start().await;
    app.says(ALICE, "hello?").await;
    let older = app.link(ALICE);
    app.clock.advance(MINUTE);
    app.says(ALICE, "hello?").await;
    let link = app.link(ALICE);
    assert_ne!(older, link);
    let fields = Page::of(browser().get(&link)).await.fields();
    let older_fields = Page::of(browser().get(&older)).await.fields();
    // Two sign-ins are under way when the first one works.
    let other = browser();
    let page = app.send(&other, "/auth/start", &older_fields).await;
    app.sign_in(ALICE, "demo").await;
    let callback = app.sim.approve(&page.location, "thief").await;
    let late = Page::of(other.get(&callback)).await;
    assert_eq!(late.status, 403);
    late.says("Its link no longer works.");
    for fields in [fields, older_fields] {
        let started = app.send(&browser(), "/auth/start", &fields).await;
        assert_eq!(started.status, 403);
        assert_eq!(started.location, "");
    }
    for link in [link, older] {
        app.get(&link)
            .await
            .says("Signed in")
            .hides("name=\"token\"");
    }
    assert_eq!(account(&app).await.x_handle, "demo");
    app.end().await;
}

#[tokio::test]
async fn links_from_before_stop_or_unlink_are_dead() {
    for stops in [true, false] {
        let app = App::start().await;
        app.says(ALICE, "hello?").await;
        let unused = app.link(ALICE);
        app.clock.advance(MINUTE);
        app.link_as(ALICE, "demo").await;
        app.clock.advance(MINUTE);
        if stops {
            app.says(ALICE, r"\STOP").await;
        } else {
            app.unlinks(ALICE).await;
        }
        let page = app.get(&unused).await;
        assert_eq!(page.status, 403);
        page.says("This link has expired");
        assert_eq!(start(&app, &unused).await.status, 403);
        assert!(app.account_of(ALICE).await.is_none());
        app.says(ALICE, "hello?").await;
        assert_eq!(app.sign_in(ALICE, "demo").await.status, 200);
        app.end().await;
    }
}

#[tokio::test]
async fn the_rule_for_new_numbers_is_asked_again_at_every_step() {
    let mut app = App::start_with(&[("SIGNUP", "allowlist"), ("ALLOWED_NUMBERS", ALICE)]).await;
    app.says(ALICE, "hello?").await;
    let link = app.link(ALICE);
    let form = app.get(&link).await.fields();
    let authorize = app.press_start(&link).await;
    let callback = app.sim.approve(&authorize, "demo").await;
    // In another browser, the sign-in is about to be confirmed.
    app.clock.advance(SECOND);
    app.says(ALICE, "hello?").await;
    let second = app.press_start(&app.link(ALICE)).await;
    let other = browser();
    let asked = Page::of(other.get(app.sim.approve(&second, "demo").await)).await;
    assert_eq!(asked.status, 200, "{}", asked.body);
    let told = app.replies(ALICE).len();
    app.restart_web_with(&[("ALLOWED_NUMBERS", BOB)]).await;
    for page in [
        app.get(&link).await,
        app.send(&browser(), "/auth/start", &form).await,
        app.get(&callback).await,
        app.send(&other, "/auth/confirm", &asked.fields()).await,
    ] {
        assert_eq!(page.status, 403, "{}", page.body);
        page.says("This number may not sign up");
    }
    app.settle().await;
    assert!(app.account_of(ALICE).await.is_none());
    assert_eq!(app.replies(ALICE).len(), told, "it gets no text");
    assert_eq!(app.calls("x.token"), 1, "only the one before the change");
    app.later(MINUTE).await;
    assert_eq!(app.calls("x.revoke"), 2, "that one's tokens are given back");
    app.end().await;
}

#[tokio::test]
async fn the_ledger_holds_no_link() {
    let app = linked().await;
    let phone = account(&app).await;
    let lost = app
        .ledger
        .disconnect_account(&phone.id, phone.token_version);
    lost.await.expect("the ledger");
    let sid = app.text(ALICE, "kept").await;
    app.settle().await;
    let link = app.link(ALICE);
    let token = link.split("token=").nth(1).expect("a token");
    let replies = app.replies_to(&sid).await;
    assert_eq!(
        replies[0].body,
        format!(
            "We kept 'kept' and will post it once you sign in to X again: {}/auth/?[hidden]",
            app.url
        )
    );
    assert_eq!(app.get(&link).await.status, 200, "the link was sent");
    for file in std::fs::read_dir(app.folder.path()).expect("a folder") {
        let path = file.expect("a file").path();
        let bytes = std::fs::read(&path).expect("a readable file");
        let found = bytes
            .windows(token.len())
            .any(|bytes| bytes == token.as_bytes());
        assert!(!found, "{}", path.display());
    }
    app.leaves_open().await;
}

#[tokio::test]
async fn a_reply_with_a_link_whose_outcome_is_unknown_is_found_at_twilio() {
    let app = App::start().await;
    app.sim.fault(
        birdcall_sim::Fault::new(
            "twilio.create_message",
            birdcall_sim::FaultAction::DropAfter,
        )
        .times(1),
    );
    app.says(ALICE, "hello?").await;
    app.wait(10 * MINUTE).await;
    assert_eq!(app.replies(ALICE).len(), 1);
    assert_eq!(app.calls("twilio.create_message"), 1);
    app.end().await;
}
