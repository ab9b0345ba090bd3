//! An operator cancels a text, or gives one up, and its sender is told.

use birdcall_domain::text::Ending;
use birdcall_sim::{Fault, FaultAction, Preset};

use crate::prelude::*;

/// What `birdcall texts cancel` does.
async fn cancel(app: &App, sid: &str) -> Ending {
    let id = app.random.token(12);
    let (sid, writer) = (
        sid.parse().expect("a sid"),
        app.config.limits.reply_writer(),
    );
    let ending = app
        .ledger
        .cancel_text(&sid, &writer, app.by(&id), app.now());
    ending.await.expect("the ledger")
}

/// What `birdcall texts give-up` does.
async fn give_up(app: &App, sid: &str) -> Ending {
    let id = app.random.token(12);
    let (sid, writer) = (
        sid.parse().expect("a sid"),
        app.config.limits.reply_writer(),
    );
    let ending = app
        .ledger
        .give_text_up(&sid, &writer, app.by(&id), app.now());
    ending.await.expect("the ledger")
}

#[tokio::test]
async fn a_cancelled_text_is_told_once_and_the_next_one_goes_on() {
    let app = linked().await;
    app.sim.fault(Fault::preset(Preset::XRateLimited).times(1));
    let one = app.says(ALICE, "one").await;
    let two = app.says(ALICE, "two").await;
    assert_eq!(app.state(&two).await, "waiting/order");
    assert_eq!(cancel(&app, &one).await, Ending::Cancelled);
    assert_eq!(cancel(&app, &one).await, Ending::AlreadyOver);
    app.wait(HOUR).await;
    assert_eq!(app.state(&one).await, "refused/cancelled");
    assert_eq!(app.state(&two).await, "published");
    assert_eq!(app.posts(), ["two"]);
    let said = "'one' was not posted: the operator of this service cancelled it.";
    let replies = app.replies(ALICE);
    assert_eq!(replies.iter().filter(|reply| *reply == said).count(), 1);
    app.end().await;
}

#[tokio::test]
async fn a_text_that_is_given_up_in_doubt_is_looked_for_before_it_is_run_again() {
    let app = linked().await;
    app.sim
        .fault(Fault::new("x.create_post", FaultAction::DropAfter).times(1));
    let sid = app.says(ALICE, "hello").await;
    assert_eq!(app.state(&sid).await, "in_doubt");
    assert_eq!(cancel(&app, &sid).await, Ending::MayBePosted);
    assert_eq!(give_up(&app, &sid).await, Ending::GivenUpInDoubt);
    app.wait(DAY).await;
    assert_eq!(app.state(&sid).await, "failed/given_up");
    assert_eq!(
        app.last_reply(ALICE),
        "X did not tell us whether it posted 'hello'. The operator of this service gave it up. Please check your timeline."
    );
    // There is nothing that its owner could try again.
    app.says(ALICE, r"\RETRY").await;
    assert_eq!(app.last_reply(ALICE), "There is nothing to try again.");
    let order = birdcall_ledger::replay::ReplayOrder {
        force: false,
        dry_run: false,
        retry_horizon: HOUR,
        by: app.by("replay"),
    };
    let named = sid.parse().expect("a sid");
    let replayed = app.ledger.replay(&named, order, app.now()).await;
    assert_eq!(
        replayed.expect("the ledger"),
        birdcall_domain::text::Replay::LookUp
    );
    app.wait(HOUR).await;
    assert_eq!(app.state(&sid).await, "published");
    assert_eq!(app.sim.all_posts().len(), 1, "it was on X already");
    app.end().await;
}
