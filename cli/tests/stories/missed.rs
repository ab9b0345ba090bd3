//! Texts whose webhook never reached web are taken in from Twilio's list.

use std::time::Duration;

use birdcall_domain::{inbound::Disposition, phone::Phone};
use birdcall_sim::{Fault, FaultAction};
use birdcall_worker::{Swept, open_inbox, sweep_inbound};

use crate::prelude::*;

/// From now on, no webhook arrives, and Twilio does not send it again.
fn lose_webhooks(app: &App) {
    let lost = Fault::new("webhook.inbound", FaultAction::DropBefore);
    app.sim.fault(lost);
}

/// Takes in the texts that are at most `since` old.
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
async fn missed_texts_are_posted_once_and_in_order() {
    let app = linked().await;
    lose_webhooks(&app);
    for body in ["one", "two", "three"] {
        app.says(ALICE, body).await;
        app.clock.advance(SECOND);
    }
    app.sim.clear_faults();
    app.clock.advance(HOUR);
    assert_eq!(app.posts(), NONE);

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
async fn a_late_webhook_changes_nothing() {
    let app = linked().await;
    // Twilio has the text, but its webhook is delayed.
    let sid = app.sim.text(ALICE, "slow").await;
    app.clock.advance(2 * MINUTE);
    assert_eq!(sweep(&app, HOUR).await, took(1));
    app.settle().await;
    assert_eq!(app.state(&sid).await, "published");
    assert_eq!(app.posts(), ["slow"]);
    app.end().await;
}

#[tokio::test]
async fn texts_that_are_too_new_or_too_old_are_not_taken_in() {
    let app = linked().await;
    lose_webhooks(&app);
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
async fn a_missed_text_from_a_new_number_gets_the_link() {
    let app = App::start().await;
    lose_webhooks(&app);
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
async fn if_the_list_is_too_long_the_newest_texts_are_taken_in() {
    let app = linked_with(&[("SWEEP_INBOUND_MAX", "2")]).await;
    lose_webhooks(&app);
    for body in ["one", "two", "three"] {
        app.says(ALICE, body).await;
        app.clock.advance(SECOND);
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
async fn a_list_of_several_pages_is_taken_in_completely_and_in_order() {
    /// The number of texts on one page of Twilio's list.
    const PAGE: usize = 200;
    let app = linked_with(&[("OPEN_TEXTS_MAX", "10000")]).await;
    lose_webhooks(&app);
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
