//! A text that kills every worker that claims it fails, and its sender is told.

use birdcall_ledger::{lease::Claimant, texts::Claim};

use crate::prelude::*;

/// A worker claims the text and dies. Its lease expires.
async fn a_worker_dies_with(app: &App, sid: &str, number: u32) {
    let lease = app.config.limits.lease;
    let by = Claimant {
        owner: &format!("dead-{number}"),
        lease,
        now: app.now(),
    };
    let claim = app
        .ledger
        .claim_text(&sid.parse().expect("a sid"), by)
        .await
        .expect("the ledger");
    assert!(matches!(claim, Claim::Held(_)), "worker {number}");
    app.clock.advance(lease);
}

#[tokio::test]
async fn a_text_that_kills_every_worker_fails_and_does_not_delay_others() {
    let app = linked_with(&[("CLAIMS_MAX", "3")]).await;
    app.link_as(BOB, "bob").await;
    let poison = app.text(ALICE, "poison").await;
    let next = app.text(ALICE, "after it").await;
    for number in 1..=3 {
        a_worker_dies_with(&app, &poison, number).await;
    }
    app.says(BOB, "meanwhile").await;
    app.later(10 * SECOND).await;
    assert_eq!(app.state(&poison).await, "failed/poison");
    assert_eq!(app.state(&next).await, "published");
    let mut posts = app.posts();
    posts.sort();
    assert_eq!(posts, ["after it", "meanwhile"]);
    let told = app.replies_to(&poison).await;
    let told: Vec<&str> = told.iter().map(|reply| reply.body.as_str()).collect();
    assert_eq!(
        told,
        [
            "'poison' could not be posted in time, so we stopped trying. Text it again if it still matters."
        ]
    );
    app.end().await;
}

#[tokio::test]
async fn a_text_is_posted_although_some_workers_died_with_it() {
    let app = linked_with(&[("CLAIMS_MAX", "3")]).await;
    let sid = app.text(ALICE, "hello").await;
    for number in 1..=2 {
        a_worker_dies_with(&app, &sid, number).await;
    }
    app.later(10 * SECOND).await;
    assert_eq!(app.state(&sid).await, "published");
    assert_eq!(app.posts(), ["hello"]);
    app.end().await;
}
