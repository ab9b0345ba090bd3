//! What `\STATUS`, `\UNDO` and `\RETRY` read and write.

use birdcall_domain::{
    clock::Timestamp,
    text::{Reason, Settlement, TextState},
};

use crate::{
    engines::on_both_engines,
    ledger::{
        ALICE, BOB, HORIZON, LEASE, NOW, TestLedger, doubts, ends, publishes, seconds, sid, waits,
        word,
    },
};

on_both_engines!(
    open_posts_are_counted,
    the_last_post_is_the_last_that_stands,
    a_text_that_is_not_posted_yet_is_taken_back,
    a_text_in_hand_or_on_x_is_not_taken_back,
    a_text_at_rest_in_doubt_goes_on_at_its_owners_word,
);

async fn open_posts_are_counted(ledger: TestLedger) {
    let open = |phone| ledger.open_posts(phone);
    assert_eq!(open(ALICE).await.unwrap(), 0);
    for number in 1..=3 {
        ledger.post(number, ALICE).await;
    }
    ledger.command(4, ALICE).await;
    ledger.post(5, BOB).await;
    assert_eq!(open(ALICE).await.unwrap(), 3);
    ledger.bring(1, &publishes("100"), NOW).await;
    ledger
        .bring(2, &waits(Reason::SignIn, NOW + HORIZON), NOW)
        .await;
    assert_eq!(open(ALICE).await.unwrap(), 2);
}

async fn the_last_post_is_the_last_that_stands(ledger: TestLedger) {
    for number in 1..=3 {
        ledger.post(number, ALICE).await;
        ledger
            .bring(number, &publishes(&format!("10{number}")), NOW)
            .await;
    }
    ledger.post(4, ALICE).await;
    ledger.bring(4, &ends(TextState::Refused), NOW).await;
    ledger.command(5, ALICE).await;
    let undo = ledger.text(5).await.arrival;
    ledger.post(6, ALICE).await;
    for expected in [Some(3), Some(2), Some(1), None] {
        let last = ledger.last_post(ALICE, undo).await.unwrap();
        assert_eq!(last.map(|text| text.sid), expected.map(sid));
        if let Some(number) = expected {
            ledger.mark_undone(&sid(number), NOW).await.unwrap();
        }
    }
}

async fn a_text_that_is_not_posted_yet_is_taken_back(ledger: TestLedger) {
    ledger.post(1, ALICE).await;
    ledger.post(2, ALICE).await;
    assert_eq!(word(&ledger.claim(2, "w", NOW).await), "blocked");
    ledger.take_jobs(NOW).await;
    assert!(ledger.take_back(&sid(1), NOW).await.unwrap());
    assert_eq!(ledger.standing(1).await, "refused undone");
    assert_eq!(word(&ledger.claim(1, "w", NOW + HORIZON).await), "nothing");
    // The next one has its turn.
    assert_eq!(ledger.take_jobs(NOW).await, [format!("tweet {}", sid(2))]);
    assert!(!ledger.take_back(&sid(1), NOW).await.unwrap());
    assert!(!ledger.take_back(&sid(99), NOW).await.unwrap());
}

async fn a_text_in_hand_or_on_x_is_not_taken_back(ledger: TestLedger) {
    ledger.post(1, ALICE).await;
    ledger.hold(1, "w", NOW).await;
    assert!(!ledger.take_back(&sid(1), NOW).await.unwrap());
    assert_eq!(ledger.standing(1).await, "received");
    // Its worker died before the call.
    assert!(ledger.take_back(&sid(1), NOW + LEASE).await.unwrap());
    assert_eq!(ledger.arm(1, "w", NOW + LEASE).await, None);

    ledger.post(2, ALICE).await;
    ledger.hold(2, "w", NOW).await;
    ledger.arm(2, "w", NOW).await;
    assert!(
        !ledger
            .ledger
            .take_back(&sid(2), NOW + HORIZON)
            .await
            .unwrap()
    );
}

async fn a_text_at_rest_in_doubt_goes_on_at_its_owners_word(ledger: TestLedger) {
    let retry = |now: Timestamp| ledger.retry_unresolved(ALICE, now, HORIZON);
    assert_eq!(retry(NOW).await.unwrap(), None);
    ledger.post(1, ALICE).await;
    let doubt = Settlement {
        checks: 3,
        failures: 2,
        ..doubts(None)
    };
    ledger.bring(1, &doubt, NOW).await;
    ledger.post(2, BOB).await;
    ledger.bring(2, &doubts(None), NOW).await;
    ledger.post(3, ALICE).await;
    ledger.bring(3, &doubts(Some(NOW + seconds(5))), NOW).await;
    ledger.take_jobs(NOW + HORIZON).await;

    let later = NOW + seconds(60);
    assert_eq!(retry(later).await.unwrap().as_deref(), Some("hello"));
    let row = ledger.text(1).await;
    assert_eq!((row.state.as_str(), row.reason), ("received", None));
    assert_eq!((row.checks, row.failures, row.doubted), (0, 0, 1));
    assert_eq!(row.deadline_at, (later + HORIZON).0);
    assert_eq!(ledger.take_jobs(later).await, [format!("tweet {}", sid(1))]);
    assert_eq!(ledger.standing(2).await, "in_doubt");
    assert_eq!(
        ledger.standing(3).await,
        "in_doubt",
        "it is being looked for"
    );
    assert_eq!(retry(later).await.unwrap(), None);
}
