//! A phone is stolen, and an operator blocks its number.

use birdcall_domain::blocking::{Blocking, Unblocking};
use birdcall_sim::{Fault, Preset};

use crate::{app::browser, prelude::*};

/// What `birdcall accounts block` does.
async fn block(app: &App, number: &str) -> Blocking {
    let phone = number.parse().expect("a phone");
    let id = format!("block {number} {}", app.now().0);
    let blocked = app.ledger.block_number(&phone, app.by(&id), app.now());
    blocked.await.expect("the ledger")
}

#[tokio::test]
async fn a_blocked_number_gets_no_answer_and_its_waiting_texts_are_not_posted() {
    let app = both_linked().await;
    let posted = app.says(ALICE, "before").await;
    app.sim.fault(Fault::preset(Preset::XPaymentRequired));
    let one = app.says(ALICE, "one").await;
    let two = app.says(ALICE, "two").await;
    // This one arrives, and no worker has seen it yet.
    let three = app.text(ALICE, "three").await;
    let told = app.replies(ALICE).len();
    let (was_linked, texts) = (true, 3);
    let blocked = block(&app, ALICE).await;
    assert_eq!(blocked, Blocking::Blocked { was_linked, texts });
    app.sim.clear_faults();
    for body in ["post this", r"\STATUS", r"\STOP", r"\UNDO", "undo", ""] {
        let sid = app.says(ALICE, body).await;
        assert_eq!(app.state(&sid).await, "ignored/blocked", "{body}");
    }
    app.wait(8 * DAY).await;
    for sid in [&one, &two, &three] {
        assert_eq!(app.state(sid).await, "refused/blocked");
    }
    assert_eq!(app.state(&posted).await, "published");
    assert_eq!(app.replies(ALICE).len(), told, "{:?}", app.replies(ALICE));
    assert_eq!(app.posts(), ["before"]);
    assert_eq!(app.sim.grants_in_force("demo"), 0, "X revoked the tokens");
    // Nobody else notices.
    app.says(BOB, "I am still here").await;
    assert_eq!(app.posts(), ["before", "I am still here"]);
    app.end().await;
}

#[tokio::test]
async fn a_reply_that_waits_when_its_number_is_blocked_is_never_sent() {
    let app = linked().await;
    let told = app.replies(ALICE).len();
    assert!(app.pauses(birdcall_ledger::queue::Queue::Reply).await);
    let sid = app.says(ALICE, "hello").await;
    assert_eq!(app.state(&sid).await, "published");
    block(&app, ALICE).await;
    app.resumes(birdcall_ledger::queue::Queue::Reply).await;
    app.wait(HOUR).await;
    assert_eq!(app.replies_to(&sid).await[0].state, "suppressed");
    assert_eq!(app.replies(ALICE).len(), told);
    app.end().await;
}

#[tokio::test]
async fn a_sign_in_that_is_half_done_leads_nowhere_once_the_number_is_blocked() {
    let app = App::start().await;
    app.says(ALICE, "hello?").await;
    let link = app.link(ALICE);
    let form = app.get(&link).await.fields();
    let authorize = app.press_start(&link).await;
    let callback = app.sim.approve(&authorize, "demo").await;
    // In another browser, a sign-in waits to be confirmed.
    app.clock.advance(SECOND);
    app.says(ALICE, "hello?").await;
    let second = app.press_start(&app.link(ALICE)).await;
    let other = browser();
    let asked = Page::of(other.get(app.sim.approve(&second, "demo").await)).await;
    assert_eq!(asked.status, 200, "{}", asked.body);
    let told = app.replies(ALICE).len();

    block(&app, ALICE).await;
    for page in [
        app.get(&link).await,
        app.send(&browser(), "/auth/start", &form).await,
        app.get(&callback).await,
        app.send(&other, "/auth/confirm", &asked.fields()).await,
    ] {
        assert!(page.status >= 400, "{}: {}", page.status, page.body);
        page.hides("Signed in");
    }
    app.wait(HOUR).await;
    assert!(app.account_of(ALICE).await.is_none());
    assert_eq!(app.sim.grants_in_force("demo"), 0);
    assert_eq!(app.replies(ALICE).len(), told, "{:?}", app.replies(ALICE));
    app.end().await;
}

#[tokio::test]
async fn a_number_that_is_unblocked_signs_in_again_and_old_texts_stay_refused() {
    let app = linked().await;
    app.sim.fault(Fault::preset(Preset::XPaymentRequired));
    let old = app.says(ALICE, "typed by the thief").await;
    block(&app, ALICE).await;
    app.sim.clear_faults();
    app.resumes(birdcall_ledger::queue::Queue::Tweet).await;
    let phone = ALICE.parse().expect("a phone");
    let unblocked = app
        .ledger
        .unblock_number(&phone, app.by("unblock"), app.now());
    assert_eq!(unblocked.await.expect("the ledger"), Unblocking::Unblocked);
    app.clock.advance(MINUTE);
    app.link_as(ALICE, "demo").await;
    app.says(ALICE, "I have a new phone").await;
    assert_eq!(app.posts(), ["I have a new phone"]);
    assert_eq!(app.state(&old).await, "refused/blocked");
    app.end().await;
}
