//! Pairs of tokens that nobody uses any more: X has to revoke them, and none is forgotten.

use birdcall_domain::{
    account::{Revocation, RevocationSettlement},
    text::Reason,
};
use birdcall_ledger::{accounts::Account, audit::Deed};

use crate::{
    engines::on_both_engines,
    ledger::TestLedger,
    sweep::at_once,
    values::{ALICE, BOB, HORIZON, LEASE, NOW, doubts, pair, publishes, seconds, sid, waits},
};

on_both_engines!(
    the_pair_that_a_sign_in_replaces_is_revoked,
    a_pair_is_asked_for_until_x_has_revoked_it,
    a_revocation_survives_the_death_of_its_worker,
    an_unlinked_number_keeps_nothing_to_do,
    what_x_did_not_revoke_is_revoked_later,
);

impl TestLedger {
    async fn account_to_unlink(&self, number: &str) -> Account {
        let phone = crate::values::phone(number);
        let account = self.ledger.account_of(&phone).await.unwrap();
        account.expect("the account")
    }

    async fn owed(&self) -> Vec<String> {
        self.words("SELECT id FROM revocations ORDER BY id").await
    }
}

const DEED: Deed<'_> = Deed {
    actor: "operator",
    action: "unlink",
    subject: "+1555***",
    detail: "revoked at X",
};

async fn the_pair_that_a_sign_in_replaces_is_revoked(ledger: TestLedger) {
    ledger.link(ALICE, "a1", "w1").await;
    assert!(ledger.owed().await.is_empty());
    ledger.refresh("a1", 1, pair("new")).await;
    ledger.take_jobs(NOW).await;
    ledger.link(ALICE, "a2", "w2").await;
    assert_eq!(ledger.owed().await, ["a1:2"]);
    assert_eq!(ledger.take_jobs(NOW).await, ["reply w2", "revoke a1:2"]);
    let owed = ledger.take_revocation("a1:2", LEASE, NOW).await.unwrap();
    let owed = owed.expect("the pair");
    assert_eq!(owed.account_id, "a1");
    assert_eq!(owed.access_token, "sealed-access-new");
    assert_eq!(owed.refresh_token, "sealed-refresh-new");
    ledger.link(BOB, "b1", "w3").await;
    assert_eq!(ledger.owed().await, ["a1:2"]);
}

async fn a_pair_is_asked_for_until_x_has_revoked_it(ledger: TestLedger) {
    ledger.discard_pair("a1", &pair("1"), NOW).await.unwrap();
    ledger.discard_pair("a1", &pair("1"), NOW).await.unwrap();
    assert_eq!(ledger.take_jobs(NOW).await, ["revoke a1:0"]);
    let taken = async |now| ledger.take_revocation("a1:0", LEASE, now).await.unwrap();
    let first = taken(NOW).await.expect("the pair");
    assert_eq!(first.progress.failures, 0);
    assert!(taken(NOW).await.is_none(), "another worker has it in hand");

    let due_at = NOW + seconds(60);
    let again = RevocationSettlement::TryAgain { due_at };
    ledger.settle_revocation("a1:0", again).await.unwrap();
    assert!(taken(NOW + seconds(59)).await.is_none());
    assert_eq!(ledger.take_jobs(due_at).await, ["revoke a1:0"]);
    let second = taken(due_at).await.expect("the pair");
    assert_eq!(second.progress.failures, 1);
    assert_eq!(second.progress.created_at, NOW);

    let done = RevocationSettlement::Done;
    ledger.settle_revocation("a1:0", done).await.unwrap();
    assert!(ledger.owed().await.is_empty());
    ledger.settle_revocation("a1:0", again).await.unwrap();
    assert!(ledger.take_jobs(NOW + HORIZON).await.is_empty());
}

async fn a_revocation_survives_the_death_of_its_worker(ledger: TestLedger) {
    ledger.discard_pair("a1", &pair("1"), NOW).await.unwrap();
    ledger.take_jobs(NOW).await;
    let taken = ledger.take_revocation("a1:0", LEASE, NOW).await.unwrap();
    assert!(taken.is_some());
    // Its worker dies.
    for (after, woken) in [(seconds(0), 0), (LEASE, 1)] {
        let now = NOW + after;
        let count = ledger.wake_overdue_revocations(now, at_once()).await;
        assert_eq!(count.unwrap(), woken);
    }
    assert_eq!(ledger.take_jobs(NOW + LEASE).await, ["revoke a1:0"]);
    let again = ledger.take_revocation("a1:0", LEASE, NOW + LEASE).await;
    assert!(again.unwrap().is_some());
}

async fn an_unlinked_number_keeps_nothing_to_do(ledger: TestLedger) {
    let far = NOW + HORIZON;
    for number in 1..=8 {
        match number {
            7 => ledger.command(number, ALICE).await,
            8 => ledger.post(number, BOB).await,
            _ => ledger.post(number, ALICE).await,
        }
        let settlement = match number {
            1 => waits(Reason::Money, far),
            2 => waits(Reason::SignIn, far),
            3 => doubts(Some(NOW)),
            4 => publishes("100"),
            7 | 8 => waits(Reason::Money, far),
            // 5 is held by a worker, and 6 has just come.
            _ => continue,
        };
        ledger
            .run("UPDATE texts SET arrival = -arrival WHERE arrival > 0")
            .await;
        ledger.settle_as(number, &settlement, NOW).await;
    }
    ledger
        .run(&format!(
            "UPDATE texts SET lease_owner = 'w', lease_until = {} WHERE sid = '{}'",
            far.0,
            sid(5)
        ))
        .await;
    let account = ledger.account_to_unlink(ALICE).await;
    let ended = ledger.unlink(&account, Revocation::Revoked, "deed", DEED, NOW);
    assert_eq!(ended.await.unwrap(), Some(4));
    for (number, standing, due) in [
        (1, "refused not_linked", false),
        (2, "refused not_linked", false),
        (3, "in_doubt", false),
        (4, "published", false),
        (5, "refused not_linked", false),
        (6, "refused not_linked", false),
        (7, "command not_linked", false),
        (8, "waiting money", true),
    ] {
        assert_eq!(ledger.standing(number).await, standing, "text {number}");
        let next = ledger.text(number).await.next_attempt_at;
        assert_eq!(next.is_some(), due, "text {number}");
    }
    assert!(ledger.owed().await.is_empty());
    assert!(ledger.account_of(ALICE).await.unwrap().is_none());
    let twice = ledger.unlink(&account, Revocation::Revoked, "deed 2", DEED, NOW);
    assert_eq!(twice.await.unwrap(), None);
    assert_eq!(
        ledger.words("SELECT id FROM audit").await,
        ["deed"],
        "what changed nothing is no deed"
    );
}

async fn what_x_did_not_revoke_is_revoked_later(ledger: TestLedger) {
    for (number, happened, refreshed, owed) in [
        (1, Revocation::Revoked, false, vec![]),
        (2, Revocation::NotAnswered, false, vec!["a2:1"]),
        (3, Revocation::NotOpened, false, vec!["a3:1"]),
        // A worker has refreshed the pair since X was told about the one before.
        (4, Revocation::Revoked, true, vec!["a4:2"]),
    ] {
        let id = format!("a{number}");
        ledger.link(ALICE, &id, &id).await;
        let account = ledger.account_to_unlink(ALICE).await;
        if refreshed {
            ledger.refresh(&id, 1, pair("new")).await;
        }
        let unlinked = ledger.unlink(&account, happened, &id, DEED, NOW).await;
        assert_eq!(unlinked.unwrap(), Some(0));
        assert_eq!(ledger.owed().await, owed, "{happened:?}");
        ledger.run("DELETE FROM revocations").await;
    }
}
