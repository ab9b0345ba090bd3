//! An operator erases a number.

use std::time::Duration;

use birdcall_domain::erasing::Erasing;
use birdcall_ledger::erasure::ErasureStep;
use birdcall_sim::{Fault, FaultAction, Preset};
use birdcall_worker as worker;

use crate::prelude::*;

/// What `birdcall accounts erase` does.
async fn erase(app: &App, number: &str) -> Erasing {
    let phone = number.parse().expect("a phone");
    let mark = app.config.secret_keys.mark(&phone);
    let id = app.random.token(12);
    let begun = app
        .ledger
        .begin_erasure(&phone, &mark, app.by(&id), app.now());
    let begun = begun.await.expect("the ledger");
    if let Some(id) = begun.id() {
        while app
            .ledger
            .erase_more(id, app.now())
            .await
            .expect("the ledger")
            != ErasureStep::Done
        {}
    }
    begun
}

/// Twilio's list is searched for texts that never reached web.
async fn sweep_inbound(app: &App) -> usize {
    app.clock.advance(10 * MINUTE);
    let inbox = worker::open_inbox(&app.worker);
    let since = app.now() - Duration::from_secs(24 * 3600);
    let swept = worker::sweep_inbound(&app.worker, &inbox, since).await;
    app.settle().await;
    swept.expect("the list").taken
}

#[tokio::test]
async fn an_erased_number_is_a_new_number_and_its_tokens_are_revoked() {
    let app = both_linked().await;
    app.says(ALICE, "before").await;
    app.sim.fault(Fault::preset(Preset::XPaymentRequired));
    app.says(ALICE, "never posted").await;
    app.sim.clear_faults();
    let told = app.replies(ALICE).len();
    let Erasing::Begun(begun) = erase(&app, ALICE).await else {
        panic!("it is known");
    };
    assert_eq!(
        (begun.was_linked, begun.waited, begun.on_their_way),
        (true, 1, 0)
    );
    app.resumes(birdcall_ledger::queue::Queue::Tweet).await;
    app.wait(2 * DAY).await;
    assert_eq!(app.sim.grants_in_force("demo"), 0, "X revoked the tokens");
    assert_eq!(app.replies(ALICE).len(), told, "nobody is told");
    assert_eq!(app.posts(), ["before"]);
    // Nobody else notices.
    app.says(BOB, "I am still here").await;
    assert_eq!(app.posts(), ["before", "I am still here"]);
    app.says(ALICE, "hello?").await;
    app.link_as(ALICE, "demo").await;
    app.says(ALICE, "back again").await;
    assert_eq!(app.posts(), ["before", "I am still here", "back again"]);
    app.end().await;
}

#[tokio::test]
async fn what_was_texted_before_an_erasure_is_not_found_in_twilios_list_again() {
    let app = linked().await;
    app.says(ALICE, "posted").await;
    app.clock.advance(MINUTE);
    app.sim
        .fault(Fault::new("webhook.inbound", FaultAction::DropBefore));
    app.text(ALICE, "its webhook is lost").await;
    app.sim.clear_faults();
    app.clock.advance(MINUTE);
    erase(&app, ALICE).await;
    let told = app.replies(ALICE).len();
    assert_eq!(sweep_inbound(&app).await, 0);
    assert_eq!(app.texts().await.len(), 0);
    // Nor is it when the owner is linked again.
    app.says(ALICE, "hello?").await;
    app.link_as(ALICE, "demo").await;
    assert_eq!(sweep_inbound(&app).await, 0);
    assert_eq!(app.posts(), ["posted"]);
    assert!(app.replies(ALICE).len() > told);
    app.end().await;
}

#[tokio::test]
async fn a_sign_in_that_is_half_done_leads_nowhere_once_the_number_is_erased() {
    let app = App::start().await;
    app.says(ALICE, "hello?").await;
    let link = app.link(ALICE);
    let authorize = app.press_start(&link).await;
    let callback = app.sim.approve(&authorize, "demo").await;
    let told = app.replies(ALICE).len();
    erase(&app, ALICE).await;
    for page in [app.get(&link).await, app.get(&callback).await] {
        assert!(page.status >= 400, "{}: {}", page.status, page.body);
        page.hides("Signed in");
    }
    app.wait(HOUR).await;
    assert!(app.account_of(ALICE).await.is_none());
    assert_eq!(app.replies(ALICE).len(), told);
    app.end().await;
}

#[tokio::test]
async fn a_worker_finishes_an_erasure_that_was_left() {
    let app = linked().await;
    app.says(ALICE, "posted").await;
    let phone = ALICE.parse().expect("a phone");
    let begun = app
        .ledger
        .begin_erasure(&phone, "a mark", app.by("erase"), app.now());
    begun.await.expect("the ledger");
    assert_ne!(app.texts().await.len(), 0);
    app.later(Duration::from_secs(5)).await;
    assert_eq!(app.texts().await.len(), 0);
    assert_eq!(
        app.ledger.open_erasures().await.expect("the ledger"),
        Vec::<String>::new()
    );
    assert!(!app.ledger.has_unclean_file().await.expect("the ledger"));
    app.end().await;
}
