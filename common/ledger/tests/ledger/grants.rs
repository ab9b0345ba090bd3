//! What X granted in a browser that did not begin the sign-in.

use birdcall_domain::{
    authorization::{SignInEnd, SignInFailure, Stage},
    clock::Timestamp,
};
use birdcall_ledger::{accounts::Link, grants::Grant};

use crate::{
    engines::on_both_engines,
    ledger::TestLedger,
    values::{ALICE, HORIZON, NOW, pair, phone, reply, seconds},
};

on_both_engines!(
    a_grant_is_confirmed_once_and_in_time,
    a_grant_that_is_not_confirmed_is_revoked_and_forgotten,
    a_declined_grant_is_due_at_once,
    a_confirmed_grant_is_gone_with_the_link,
    a_grant_whose_number_was_unlinked_cannot_be_confirmed_and_is_revoked,
    a_sign_in_that_waits_to_be_confirmed_is_not_lost,
);

const UNTIL: Timestamp = Timestamp(NOW.0 + 900_000);
const UNCONFIRMED: SignInEnd = SignInEnd::Failed(SignInFailure::Unconfirmed);

fn grant() -> Grant {
    Grant {
        account_id: "account".to_owned(),
        state_hash: "hash".to_owned(),
        pair: pair("1"),
        x_user_id: "2244994945".to_owned(),
        x_handle: "birdcall".to_owned(),
    }
}

impl TestLedger {
    /// Alice's sign-in has brought a grant that waits to be confirmed.
    async fn granted(&self) {
        self.begin("hash", ALICE, NOW).await;
        self.use_sign_in("hash", NOW).await;
        let grant = grant();
        let kept = self.ledger.keep_grant(&grant, "secret", UNTIL, NOW);
        kept.await.unwrap();
    }

    async fn may_confirm(&self, hash: &str, now: Timestamp) -> bool {
        let granted = self.ledger.grant_to_confirm(hash, now).await.unwrap();
        granted.is_some()
    }

    async fn due(&self, now: Timestamp) -> usize {
        let due = self.ledger.unconfirmed_grants(now, 10).await.unwrap();
        due.len()
    }

    async fn confirm(&self, confirmed: bool, now: Timestamp) -> bool {
        let used = self.ledger.use_confirmation("secret", confirmed, now);
        used.await.unwrap()
    }
}

async fn a_grant_is_confirmed_once_and_in_time(ledger: TestLedger) {
    ledger.granted().await;
    let granted = ledger.grant_to_confirm("secret", NOW).await.unwrap();
    let granted = granted.unwrap();
    assert_eq!(granted.phone, Some(phone(ALICE)));
    assert_eq!(granted.link_issued_at, Some(NOW));
    assert_eq!(granted.grant.x_handle, "birdcall");
    assert_eq!(granted.grant.pair.refresh_token, "sealed-refresh-1");
    assert!(!ledger.may_confirm("another", NOW).await);
    assert!(!ledger.may_confirm("secret", UNTIL).await, "too late");
    assert!(!ledger.confirm(true, UNTIL).await, "too late");
    assert!(ledger.confirm(true, NOW).await);
    assert!(!ledger.confirm(true, NOW).await, "used");
    assert!(!ledger.may_confirm("secret", NOW).await, "used");
}

async fn a_grant_that_is_not_confirmed_is_revoked_and_forgotten(ledger: TestLedger) {
    ledger.granted().await;
    assert_eq!(ledger.due(UNTIL - seconds(1)).await, 0);
    assert_eq!(ledger.due(UNTIL).await, 1);
    let later = UNTIL + seconds(60);
    for first in [true, false] {
        let ended = ledger.give_grant_up(&grant(), UNCONFIRMED, UNTIL).await;
        assert_eq!(ended.unwrap(), first);
    }
    assert_eq!(ledger.due(later).await, 0);
    let revoked = ledger.words("SELECT account_id FROM revocations").await;
    assert_eq!(revoked, ["account"]);
    let sign_in = ledger.use_sign_in("hash", later).await.unwrap();
    assert_eq!(sign_in.pending.stage, Stage::Ended(UNCONFIRMED));
}

async fn a_declined_grant_is_due_at_once(ledger: TestLedger) {
    ledger.granted().await;
    assert!(ledger.confirm(false, NOW).await);
    assert_eq!(ledger.due(NOW).await, 1);
    assert!(!ledger.confirm(true, NOW).await);
}

async fn a_confirmed_grant_is_gone_with_the_link(ledger: TestLedger) {
    ledger.granted().await;
    assert!(ledger.confirm(true, NOW).await);
    let Grant { pair, .. } = grant();
    let link = Link {
        id: "account",
        phone: &phone(ALICE),
        pair: &pair,
        x_user_id: "2244994945",
        x_handle: "birdcall",
        retry_horizon: HORIZON,
        state_hash: "hash",
        link_issued_at: Some(NOW),
        reply: &reply("welcome", ALICE, "You are signed in."),
    };
    assert!(ledger.link_account(link, NOW).await.unwrap());
    assert_eq!(ledger.due(UNTIL + seconds(9999)).await, 0);
    let sign_in = ledger.use_sign_in("hash", NOW).await.unwrap();
    assert_eq!(sign_in.pending.stage, Stage::Ended(SignInEnd::Linked));
}

async fn a_grant_whose_number_was_unlinked_cannot_be_confirmed_and_is_revoked(ledger: TestLedger) {
    ledger.granted().await;
    ledger
        .run("DELETE FROM authorizations WHERE state_hash = 'hash'")
        .await;
    assert!(!ledger.may_confirm("secret", NOW).await);
    let due = ledger.unconfirmed_grants(UNTIL, 10).await.unwrap();
    assert_eq!(due[0].phone, None);
}

async fn a_sign_in_that_waits_to_be_confirmed_is_not_lost(ledger: TestLedger) {
    ledger.granted().await;
    let lost = ledger.end_lost_authorizations(NOW + seconds(120)).await;
    assert!(lost.unwrap().is_empty());
    let sign_in = ledger.use_sign_in("hash", NOW).await.unwrap();
    assert_eq!(sign_in.pending.stage, Stage::Confirming);
}
