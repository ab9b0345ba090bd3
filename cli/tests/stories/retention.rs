//! What is older than the operator wants to keep is removed, and nothing is lost or posted again because of it.

use std::time::Duration;

use birdcall_worker::{open_inbox, remove_old, sweep_inbound};

use crate::prelude::*;

const DAY: Duration = Duration::from_secs(24 * 3600);

#[tokio::test]
async fn old_texts_go_and_are_neither_posted_again_nor_missed() {
    let app = linked_with(&[("TEXTS_KEPT", "3d"), ("BODIES_KEPT", "2d")]).await;
    let one = app.says(ALICE, "one").await;
    let two = app.says(ALICE, "two").await;
    app.later(2 * DAY + HOUR).await;
    let last = app.says(ALICE, "last").await;
    remove_old(&app.worker).await.expect("the ledger");
    for (sid, body) in [(&one, ""), (&two, ""), (&last, "last")] {
        let text = app.row(sid).await;
        assert_eq!(
            (text.body.as_str(), text.state.as_str()),
            (body, "published")
        );
    }
    app.later(DAY).await;
    remove_old(&app.worker).await.expect("the ledger");
    assert!(app.text_with(&one).await.is_none());
    assert!(app.text_with(&two).await.is_none());

    // Twilio's list still has them.
    let inbox = open_inbox(&app.worker);
    let swept = sweep_inbound(&app.worker, &inbox, app.now() - 30 * DAY).await;
    assert_eq!(swept.expect("a list").taken, 0);
    app.settle().await;
    assert_eq!(app.posts(), ["one", "two", "last"]);

    // The last post can be taken back, however old it is.
    app.later(30 * DAY).await;
    remove_old(&app.worker).await.expect("the ledger");
    app.says(ALICE, r"\UNDO").await;
    assert!(
        app.last_reply(ALICE).contains("last"),
        "{}",
        app.last_reply(ALICE)
    );
    assert_eq!(app.posts(), ["one", "two"]);
    app.end().await;
}

#[tokio::test]
async fn everything_is_kept_unless_the_operator_says_otherwise() {
    let app = linked().await;
    let sid = app.says(ALICE, "for good").await;
    app.later(400 * DAY).await;
    assert_eq!(remove_old(&app.worker).await.expect("the ledger"), 0);
    assert_eq!(app.row(&sid).await.body, "for good");
    app.leaves_open().await;
}
