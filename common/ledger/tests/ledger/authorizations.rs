//! Sign-ins under way.

use birdcall_domain::clock::Timestamp;
use birdcall_ledger::authorizations::state_hash;

use crate::{
    engines::on_both_engines,
    ledger::{ALICE, BOB, NOW, TestLedger, phone, seconds},
};

on_both_engines!(
    a_sign_in_is_used_once,
    of_two_callbacks_at_once_one_finds_it_unused,
    a_state_that_is_not_known_is_no_sign_in,
    the_first_outcome_stays,
    a_sign_in_that_was_lost_is_ended_once,
    old_sign_ins_are_forgotten,
    a_state_is_stored_as_its_hash,
);

impl TestLedger {
    /// Begins a sign-in.
    pub(crate) async fn begin(&self, hash: &str, number: &str, now: Timestamp) {
        let (phone, until) = (phone(number), now + seconds(600));
        let begun = self
            .ledger
            .begin_authorization(hash, &phone, "sealed", now, until);
        begun.await.unwrap();
    }
}

async fn a_sign_in_is_used_once(ledger: TestLedger) {
    ledger.begin("hash", ALICE, NOW).await;
    let row = ledger
        .use_authorization("hash", NOW + seconds(1))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (row.phone.as_str(), row.verifier.as_str()),
        (ALICE, "sealed")
    );
    let pending = row.pending();
    assert!(!pending.used);
    assert_eq!(pending.expires_at, NOW + seconds(600));
    let row = ledger
        .use_authorization("hash", NOW + seconds(2))
        .await
        .unwrap()
        .unwrap();
    assert!(row.pending().used);
    assert_eq!(
        row.used_at,
        Some((NOW + seconds(1)).0),
        "when it was used, not now"
    );
    let signing_in = ledger.phone_signing_in("hash").await.unwrap();
    assert_eq!(signing_in, Some(phone(ALICE)));
}

async fn of_two_callbacks_at_once_one_finds_it_unused(ledger: TestLedger) {
    let other = ledger.another().await;
    for round in 0..10 {
        let hash = format!("hash {round}");
        ledger.begin(&hash, ALICE, NOW).await;
        let (one, two) = tokio::join!(
            ledger.use_authorization(&hash, NOW),
            other.use_authorization(&hash, NOW),
        );
        let used = [one, two].map(|row| row.unwrap().unwrap().pending().used);
        assert_ne!(used[0], used[1], "{used:?}");
    }
}

async fn a_state_that_is_not_known_is_no_sign_in(ledger: TestLedger) {
    assert!(
        ledger
            .ledger
            .use_authorization("hash", NOW)
            .await
            .unwrap()
            .is_none()
    );
    assert_eq!(ledger.phone_signing_in("hash").await.unwrap(), None);
}

async fn the_first_outcome_stays(ledger: TestLedger) {
    ledger.begin("hash", ALICE, NOW).await;
    for outcome in ["linked", "denied"] {
        ledger
            .ledger
            .finish_authorization("hash", outcome)
            .await
            .unwrap();
    }
    let outcomes = ledger.words("SELECT outcome FROM authorizations").await;
    assert_eq!(outcomes, ["linked"]);
}

async fn a_sign_in_that_was_lost_is_ended_once(ledger: TestLedger) {
    for (hash, number) in [
        ("lost", ALICE),
        ("ended", BOB),
        ("unused", ALICE),
        ("fresh", BOB),
    ] {
        ledger.begin(hash, number, NOW).await;
    }
    for hash in ["lost", "ended"] {
        ledger.use_authorization(hash, NOW).await.unwrap();
    }
    ledger
        .finish_authorization("ended", "denied")
        .await
        .unwrap();
    let later = NOW + seconds(120);
    ledger.use_authorization("fresh", later).await.unwrap();
    let lost = ledger.end_lost_authorizations(later).await.unwrap();
    assert_eq!(lost, [("lost".to_owned(), ALICE.to_owned())]);
    assert!(
        ledger
            .end_lost_authorizations(later)
            .await
            .unwrap()
            .is_empty()
    );
}

async fn old_sign_ins_are_forgotten(ledger: TestLedger) {
    ledger.begin("old", ALICE, NOW).await;
    ledger.begin("day", ALICE, NOW + seconds(1)).await;
    ledger.begin("new", BOB, NOW + seconds(24 * 3600 + 1)).await;
    let kept = ledger
        .words("SELECT state_hash FROM authorizations ORDER BY created_at")
        .await;
    assert_eq!(kept, ["day", "new"]);
}

async fn a_state_is_stored_as_its_hash(ledger: TestLedger) {
    // What `printf state | sha256sum` says.
    let hash = "4ba69735ca53765ed6a709edb56c6ea236b7193a3b29a6b390c346f0f4340e4e";
    assert_eq!(state_hash("state"), hash);
    ledger.begin(hash, ALICE, NOW).await;
    assert!(
        ledger
            .ledger
            .use_authorization("state", NOW)
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        ledger
            .ledger
            .use_authorization(hash, NOW)
            .await
            .unwrap()
            .is_some()
    );
}
