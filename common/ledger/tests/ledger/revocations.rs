//! Pairs of tokens that nobody uses any more: X has to revoke them, and none is forgotten.

use birdcall_domain::{account::RevocationSettlement, text::Reason, unlinking::Unlinking};
use birdcall_ledger::audit::By;

use crate::{
    engines::on_both_engines,
    ledger::{TestLedger, operator},
    sweep::at_once,
    values::{
        ALICE, BOB, HORIZON, LEASE, NOW, doubts, pair, phone, publishes, seconds, sid, waits,
    },
};

on_both_engines!(
    the_pair_that_a_sign_in_replaces_is_revoked,
    a_pair_is_asked_for_until_x_has_revoked_it,
    a_revocation_survives_the_death_of_its_worker,
    an_unlinked_number_keeps_nothing_to_do,
    x_is_asked_to_revoke_the_pair_of_an_unlinked_number,
);

impl TestLedger {
    async fn owed(&self) -> Vec<String> {
        self.words("SELECT id FROM revocations ORDER BY id").await
    }
}

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
    let alice = phone(ALICE);
    let by = By {
        actor: "olivia",
        reason: "asked by phone",
        audit_id: "deed",
    };
    let unlinking = ledger.unlink(&alice, by, NOW).await.unwrap();
    assert_eq!(unlinking, Unlinking::Unlinked { texts: 4 });
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
    assert_eq!(ledger.owed().await.len(), 1);
    assert!(ledger.account_of(ALICE).await.unwrap().is_none());
    let twice = ledger.unlink(&alice, operator("deed 2"), NOW).await;
    assert_eq!(twice.unwrap(), Unlinking::NotLinked);
    let deeds = ledger.deeds(10).await.unwrap();
    assert_eq!(deeds.len(), 1, "what changed nothing is no deed");
    let deed = &deeds[0];
    assert_eq!((deed.id.as_str(), deed.action.as_str()), ("deed", "unlink"));
    assert_eq!(
        (&deed.actor, &deed.reason),
        (&"olivia".to_owned(), &"asked by phone".to_owned())
    );
    assert_eq!(
        (&deed.subject, &deed.detail),
        (&alice.masked(), &unlinking.words())
    );
}

async fn x_is_asked_to_revoke_the_pair_of_an_unlinked_number(ledger: TestLedger) {
    for (id, refreshed, owed) in [("a1", false, "a1:1"), ("a2", true, "a2:2")] {
        ledger.link(ALICE, id, id).await;
        if refreshed {
            ledger.refresh(id, 1, pair("new")).await;
        }
        ledger.take_jobs(NOW).await;
        let unlinked = ledger.unlink(&phone(ALICE), operator(id), NOW).await;
        assert_eq!(unlinked.unwrap(), Unlinking::Unlinked { texts: 0 });
        assert_eq!(ledger.owed().await, [owed]);
        assert_eq!(ledger.take_jobs(NOW).await, [format!("revoke {owed}")]);
        ledger.run("DELETE FROM revocations").await;
    }
}
