//! Sign-ins under way.

use birdcall_domain::clock::Timestamp;
use birdcall_ledger::authorizations::{Authorization, state_hash};

use crate::{
    engines::on_both_engines,
    ledger::TestLedger,
    values::{ALICE, BOB, NOW, phone, seconds},
};

on_both_engines!(
    a_sign_in_is_used_once,
    one_of_two_simultaneous_callbacks_finds_the_sign_in_unused,
    an_unknown_state_is_no_sign_in,
    the_first_outcome_stays,
    a_lost_sign_in_is_ended_once,
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

    /// Looks a sign-in up and uses it.
    async fn use_sign_in(&self, hash: &str, now: Timestamp) -> Option<Authorization> {
        self.ledger.use_authorization(hash, now).await.unwrap()
    }
}

async fn a_sign_in_is_used_once(ledger: TestLedger) {
    ledger.begin("hash", ALICE, NOW).await;
    let first = ledger.use_sign_in("hash", NOW + seconds(1)).await.unwrap();
    assert_eq!(
        (first.phone, first.verifier.as_str()),
        (phone(ALICE), "sealed")
    );
    assert!(!first.pending.used);
    assert_eq!(first.pending.expires_at, NOW + seconds(600));
    let second = ledger.use_sign_in("hash", NOW + seconds(2)).await.unwrap();
    assert!(second.pending.used);
    let used_at = ledger.number("SELECT used_at FROM authorizations").await;
    assert_eq!(
        used_at,
        (NOW + seconds(1)).0,
        "the moment of the first use is kept"
    );
    let signing_in = ledger.phone_signing_in("hash").await.unwrap();
    assert_eq!(signing_in, Some(phone(ALICE)));
}

async fn one_of_two_simultaneous_callbacks_finds_the_sign_in_unused(ledger: TestLedger) {
    let other = ledger.another().await;
    for round in 0..10 {
        let hash = format!("hash {round}");
        ledger.begin(&hash, ALICE, NOW).await;
        let (one, two) = tokio::join!(
            ledger.use_authorization(&hash, NOW),
            other.use_authorization(&hash, NOW),
        );
        let used = [one, two].map(|row| row.unwrap().unwrap().pending.used);
        assert_ne!(used[0], used[1], "{used:?}");
    }
}

async fn an_unknown_state_is_no_sign_in(ledger: TestLedger) {
    assert!(ledger.use_sign_in("hash", NOW).await.is_none());
    assert_eq!(ledger.phone_signing_in("hash").await.unwrap(), None);
}

async fn the_first_outcome_stays(ledger: TestLedger) {
    ledger.begin("hash", ALICE, NOW).await;
    for outcome in ["linked", "denied"] {
        let finished = ledger.finish_authorization("hash", outcome);
        finished.await.unwrap();
    }
    let outcomes = ledger.words("SELECT outcome FROM authorizations").await;
    assert_eq!(outcomes, ["linked"]);
}

async fn a_lost_sign_in_is_ended_once(ledger: TestLedger) {
    for (hash, number) in [
        ("lost", ALICE),
        ("ended", BOB),
        ("unused", ALICE),
        ("fresh", BOB),
    ] {
        ledger.begin(hash, number, NOW).await;
    }
    for hash in ["lost", "ended"] {
        ledger.use_sign_in(hash, NOW).await;
    }
    ledger
        .finish_authorization("ended", "denied")
        .await
        .unwrap();
    let later = NOW + seconds(120);
    ledger.use_sign_in("fresh", later).await;
    let lost = ledger.end_lost_authorizations(later).await.unwrap();
    assert_eq!(lost, [("lost".to_owned(), phone(ALICE))]);
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
    assert!(ledger.use_sign_in("state", NOW).await.is_none());
    assert!(ledger.use_sign_in(hash, NOW).await.is_some());
}
