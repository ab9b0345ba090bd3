//! Sign-ins under way.

use birdcall_domain::{
    authorization::{SignInEnd, SignInFailure, Stage},
    clock::Timestamp,
    reply::{AboutSignIn, NewReply},
};
use birdcall_ledger::authorizations::{Authorization, NewAuthorization, secret_hash};

use crate::{
    engines::on_both_engines,
    ledger::TestLedger,
    values::{ALICE, BOB, NOW, phone, reply, seconds},
};

on_both_engines!(
    a_sign_in_is_used_once,
    one_of_two_simultaneous_callbacks_finds_the_sign_in_unused,
    an_unknown_state_is_no_sign_in,
    the_first_outcome_stays,
    a_lost_sign_in_is_ended_once,
    old_sign_ins_are_forgotten,
    a_state_is_stored_as_its_hash,
    a_link_has_one_open_sign_in_however_often_it_is_started,
    two_links_have_two_open_sign_ins,
    a_dead_link_begins_nothing_and_leaves_no_trace_of_its_number,
);

const LINKED: SignInEnd = SignInEnd::Linked;
const DENIED: SignInEnd = SignInEnd::Failed(SignInFailure::Denied);

/// A reply with a link that was issued at this moment.
pub(crate) fn reply_with_link(id: &str, number: &str, issued_at: Timestamp) -> NewReply {
    NewReply {
        sign_in: Some(AboutSignIn::Link(issued_at)),
        ..reply(id, number, "Sign in: https://b.example/auth/?[hidden]")
    }
}

impl TestLedger {
    /// Texts a link to a number.
    pub(crate) async fn text_link(&self, number: &str, issued_at: Timestamp) -> bool {
        let id = format!("link {number} {}", issued_at.0);
        let link = reply_with_link(&id, number, issued_at);
        self.ledger.add_reply(&link, issued_at).await.unwrap()
    }

    /// Begins a sign-in with the link that was issued at this moment, if it works.
    pub(crate) async fn begin_with(
        &self,
        hash: &str,
        number: &str,
        issued_at: Timestamp,
        now: Timestamp,
    ) -> bool {
        let new = NewAuthorization {
            state_hash: hash,
            phone: &phone(number),
            link_issued_at: issued_at,
            browser_hash: &format!("browser of {hash}"),
            verifier: "sealed",
            expires_at: now + seconds(600),
        };
        self.ledger.begin_authorization(new, now).await.unwrap()
    }

    /// Texts a link and begins a sign-in with it.
    pub(crate) async fn begin(&self, hash: &str, number: &str, now: Timestamp) {
        self.text_link(number, now).await;
        assert!(self.begin_with(hash, number, now, now).await);
    }

    /// Looks a sign-in up and uses it.
    pub(crate) async fn use_sign_in(&self, hash: &str, now: Timestamp) -> Option<Authorization> {
        self.ledger.use_authorization(hash, now).await.unwrap()
    }

    async fn stage(&self, hash: &str, now: Timestamp) -> Stage {
        self.use_sign_in(hash, now).await.unwrap().pending.stage
    }
}

async fn a_sign_in_is_used_once(ledger: TestLedger) {
    ledger.begin("hash", ALICE, NOW).await;
    let first = ledger.use_sign_in("hash", NOW + seconds(1)).await.unwrap();
    assert_eq!(
        (first.phone, first.verifier.as_str()),
        (phone(ALICE), "sealed")
    );
    assert_eq!(first.link_issued_at, Some(NOW));
    assert_eq!(first.browser_hash.as_deref(), Some("browser of hash"));
    assert_eq!(first.pending.stage, Stage::Open);
    assert_eq!(first.pending.expires_at, NOW + seconds(600));
    assert_eq!(
        ledger.stage("hash", NOW + seconds(2)).await,
        Stage::UnderWay
    );
    let used_at = ledger.number("SELECT used_at FROM authorizations").await;
    assert_eq!(
        used_at,
        (NOW + seconds(1)).0,
        "the moment of the first use is kept"
    );
    let signing_in = ledger.phone_signing_in("browser of hash").await.unwrap();
    assert_eq!(signing_in, Some(phone(ALICE)));
}

async fn one_of_two_simultaneous_callbacks_finds_the_sign_in_unused(ledger: TestLedger) {
    let other = ledger.another().await;
    for round in 0..10 {
        let hash = format!("hash {round}");
        ledger.begin(&hash, ALICE, NOW + seconds(round)).await;
        let (one, two) = tokio::join!(
            ledger.use_authorization(&hash, NOW),
            other.use_authorization(&hash, NOW),
        );
        let stages = [one, two].map(|row| row.unwrap().unwrap().pending.stage);
        assert!(stages.contains(&Stage::Open), "{stages:?}");
        assert!(stages.contains(&Stage::UnderWay), "{stages:?}");
    }
}

async fn an_unknown_state_is_no_sign_in(ledger: TestLedger) {
    assert!(ledger.use_sign_in("hash", NOW).await.is_none());
    assert_eq!(ledger.phone_signing_in("hash").await.unwrap(), None);
}

async fn the_first_outcome_stays(ledger: TestLedger) {
    ledger.begin("hash", ALICE, NOW).await;
    for end in [LINKED, DENIED] {
        ledger.finish_authorization("hash", end).await.unwrap();
    }
    let outcomes = ledger.words("SELECT outcome FROM authorizations").await;
    assert_eq!(outcomes, ["linked"]);
    let signing_in = ledger.phone_signing_in("browser of hash").await.unwrap();
    assert_eq!(signing_in, None);
    assert_eq!(ledger.stage("hash", NOW).await, Stage::Ended(LINKED));
}

async fn a_lost_sign_in_is_ended_once(ledger: TestLedger) {
    for (hash, number, at) in [
        ("lost", ALICE, NOW),
        ("ended", BOB, NOW),
        ("unused", ALICE, NOW + seconds(1)),
        ("fresh", BOB, NOW + seconds(1)),
    ] {
        ledger.begin(hash, number, at).await;
    }
    for hash in ["lost", "ended"] {
        ledger.use_sign_in(hash, NOW).await;
    }
    ledger.finish_authorization("ended", DENIED).await.unwrap();
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
    let outage = Stage::Ended(SignInEnd::Failed(SignInFailure::Outage));
    assert_eq!(ledger.stage("lost", later).await, outage);
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
    assert_eq!(secret_hash("state"), hash);
    ledger.begin(hash, ALICE, NOW).await;
    assert!(ledger.use_sign_in("state", NOW).await.is_none());
    assert!(ledger.use_sign_in(hash, NOW).await.is_some());
}

async fn a_link_has_one_open_sign_in_however_often_it_is_started(ledger: TestLedger) {
    ledger.text_link(ALICE, NOW).await;
    for round in 0..40 {
        let hash = format!("hash {round}");
        assert!(ledger.begin_with(&hash, ALICE, NOW, NOW).await);
    }
    let open = "SELECT COUNT(*) FROM authorizations WHERE used_at IS NULL";
    assert_eq!(ledger.number(open).await, 1);
    let all = "SELECT COUNT(*) FROM authorizations";
    assert_eq!(ledger.number(all).await, 2, "this one and the one before");
    let replaced = Stage::Ended(SignInEnd::Failed(SignInFailure::Replaced));
    assert_eq!(ledger.stage("hash 38", NOW).await, replaced);
    assert_eq!(ledger.stage("hash 39", NOW).await, Stage::Open);
    assert!(ledger.use_sign_in("hash 0", NOW).await.is_none());
}

async fn two_links_have_two_open_sign_ins(ledger: TestLedger) {
    ledger.begin("one", ALICE, NOW).await;
    ledger.begin("two", ALICE, NOW + seconds(1)).await;
    for hash in ["one", "two"] {
        let stage = ledger.stage(hash, NOW + seconds(2)).await;
        assert_eq!(stage, Stage::Open, "{hash}");
    }
}

async fn a_dead_link_begins_nothing_and_leaves_no_trace_of_its_number(ledger: TestLedger) {
    ledger.text_link(ALICE, NOW).await;
    assert!(
        !ledger
            .begin_with("hash", ALICE, NOW + seconds(1), NOW)
            .await
    );
    assert!(!ledger.begin_with("hash", BOB, NOW, NOW).await);
    let all = "SELECT COUNT(*) FROM authorizations";
    assert_eq!(ledger.number(all).await, 0);
    let lanes = ledger.words("SELECT phone FROM lanes").await;
    assert_eq!(lanes, [ALICE]);
}
