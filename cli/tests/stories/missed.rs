//! Texts that never reached web are taken in from Twilio's list.

use std::time::Duration;

use birdcall_domain::{inbound::Disposition, phone::Phone};
use birdcall_sim::{Fault, FaultAction};
use birdcall_worker::{Swept, open_inbox, sweep_inbound};

use crate::prelude::*;

/// Twilio's webhooks don't arrive, and are not sent again.
async fn unreachable(app: &App) {
    let lost = Fault::new("webhook.inbound", FaultAction::DropBefore);
    app.sim.fault(lost);
}

async fn sweep(app: &App, since: Duration) -> Swept {
    let inbox = open_inbox(&app.worker);
    let swept = sweep_inbound(&app.worker, &inbox, app.now() - since);
    let swept = swept.await.expect("a list");
    app.settle().await;
    swept
}

fn took(taken: usize) -> Swept {
    Swept {
        taken,
        cut_short: false,
    }
}

#[tokio::test]
async fn missed_texts_are_posted_in_order_and_once() {
    let app = App::start().await;
    app.link_as(ALICE, "demo").await;
    unreachable(&app).await;
    for body in ["one", "two", "three"] {
        app.says(ALICE, body).await;
        app.clock.advance(Duration::from_secs(1));
    }
    app.sim.clear_faults();
    app.clock.advance(HOUR);
    assert_eq!(app.posts(), Vec::<String>::new());

    assert_eq!(sweep(&app, 2 * HOUR).await, took(3));
    assert_eq!(app.posts(), ["one", "two", "three"]);
    assert!(
        app.last_reply(ALICE)
            .starts_with("'three' has been successfully tweeted")
    );
    assert_eq!(sweep(&app, 2 * HOUR).await, took(0));
    assert_eq!(app.posts().len(), 3);
    app.end().await;
}

#[tokio::test]
async fn a_webhook_that_comes_after_all_changes_nothing() {
    let app = App::start().await;
    app.link_as(ALICE, "demo").await;
    // Twilio has the text, and its webhook is on the way for a long time.
    let sid = app.sim.text(ALICE, "slow").await;
    app.clock.advance(2 * MINUTE);
    assert_eq!(sweep(&app, HOUR).await, took(1));
    app.settle().await;
    assert_eq!(app.state(&sid).await, "published");
    assert_eq!(app.posts(), ["slow"]);
    app.end().await;
}

#[tokio::test]
async fn what_may_be_on_its_way_and_what_is_too_old_is_left() {
    let app = App::start().await;
    app.link_as(ALICE, "demo").await;
    unreachable(&app).await;
    app.says(ALICE, "old").await;
    app.clock.advance(3 * HOUR);
    app.says(ALICE, "young").await;
    app.clock.advance(MINUTE / 2);
    assert_eq!(sweep(&app, 2 * HOUR).await, took(0));
    app.clock.advance(MINUTE);
    assert_eq!(sweep(&app, 2 * HOUR).await, took(1));
    assert_eq!(app.posts(), ["young"]);
    app.end().await;
}

#[tokio::test]
async fn who_is_not_linked_gets_the_link() {
    let app = App::start().await;
    unreachable(&app).await;
    app.says(BOB, "hello?").await;
    app.sim.clear_faults();
    app.clock.advance(HOUR);
    assert_eq!(sweep(&app, 2 * HOUR).await, took(1));
    let bob: Phone = BOB.parse().expect("a phone");
    assert!(app.link(bob.as_str()).starts_with(&app.url));
    assert_eq!(
        app.texts().await[0].kind,
        Disposition::SignIn.kind().as_str()
    );
    app.end().await;
}

#[tokio::test]
async fn of_a_list_that_is_too_long_the_newest_are_taken_and_it_is_said() {
    let app = App::start_with(&[("SWEEP_INBOUND_MAX", "2")]).await;
    app.link_as(ALICE, "demo").await;
    unreachable(&app).await;
    for body in ["one", "two", "three"] {
        app.says(ALICE, body).await;
        app.clock.advance(Duration::from_secs(1));
    }
    app.clock.advance(HOUR);
    let swept = sweep(&app, 2 * HOUR).await;
    let cut_short = Swept {
        taken: 2,
        cut_short: true,
    };
    assert_eq!(swept, cut_short);
    assert_eq!(app.posts(), ["two", "three"]);
    app.end().await;
}

#[tokio::test]
async fn a_list_of_many_pages_is_taken_in_to_its_end_and_in_order() {
    const PAGE: usize = 200;
    let app = App::start_with(&[("OPEN_TEXTS_MAX", "10000")]).await;
    app.link_as(ALICE, "demo").await;
    unreachable(&app).await;
    for number in 0..=PAGE {
        app.sim.text(ALICE, &format!("{number}")).await;
    }
    app.sim.deliver().await;
    app.clock.advance(HOUR);
    let inbox = open_inbox(&app.worker);
    let swept = sweep_inbound(&app.worker, &inbox, app.now() - 2 * HOUR).await;
    assert_eq!(swept.expect("a list"), took(PAGE + 1));
    let mut texts = app.texts().await;
    texts.retain(|text| text.kind == "post");
    texts.sort_by_key(|text| text.arrival);
    let bodies: Vec<&str> = texts.iter().map(|text| text.body.as_str()).collect();
    let expected: Vec<String> = (0..=PAGE).map(|number| number.to_string()).collect();
    assert_eq!(bodies, expected);
    app.leaves_open().await;
}
