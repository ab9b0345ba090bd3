//! The life of the tokens: who refreshes them, and what becomes of the pair.

use birdcall_domain::{
    account::RefreshSettlement, clock::Timestamp, text::Reason, unlinking::Unlinking,
};
use birdcall_ledger::accounts::{Account, RefreshLease, SealedPair};

use crate::{
    engines::on_both_engines,
    ledger::{TestLedger, operator},
    values::{ALICE, BOB, HORIZON, LEASE, NOW, claimant, doubts, pair, phone, seconds, sid, waits},
};

on_both_engines!(
    a_refresh_token_is_leased_once,
    a_refresh_lease_that_has_ended_is_not_given_to_another,
    the_token_of_a_dead_holder_is_in_doubt,
    only_an_active_account_is_refreshed,
    a_new_pair_is_stored_by_version,
    a_refresh_that_x_did_not_process_leaves_the_pair,
    a_refresh_token_that_may_be_spent_is_kept_and_in_doubt,
    a_pair_that_comes_after_the_disconnection_activates_the_account,
    a_pair_that_comes_after_the_number_was_unlinked_is_revoked,
    a_new_pair_wakes_the_texts_that_waited_for_it,
    newer_tokens_are_not_disconnected,
    an_idle_account_is_not_refreshed_ahead,
);

impl TestLedger {
    /// The account as a process knows it that saw this version of its tokens.
    async fn account_at(&self, id: &str, version: i64) -> Account {
        let account = self.ledger.account(id).await.unwrap();
        Account {
            token_version: version,
            ..account.expect("the account")
        }
    }

    /// Takes the right to present the refresh token of this version; `false`: it is not given.
    pub(crate) async fn lease_refresh(
        &self,
        id: &str,
        version: i64,
        owner: &str,
        now: Timestamp,
    ) -> bool {
        let account = self.account_at(id, version).await;
        let lease = self.claim_refresh(account, claimant(owner, now)).await;
        let Some(lease) = lease.unwrap() else {
            return false;
        };
        let key = (id.to_owned(), owner.to_owned());
        self.refreshes.lock().unwrap().insert(key, lease);
        true
    }

    /// The lease that `owner` took last.
    fn refresh_lease(&self, id: &str, owner: &str) -> RefreshLease {
        let refreshes = self.refreshes.lock().unwrap();
        let lease = refreshes.get(&(id.to_owned(), owner.to_owned()));
        lease
            .unwrap_or_else(|| panic!("{owner} never leased the refresh of {id}"))
            .clone()
    }

    /// Stores the new pair of a refresh; `false`: the row has no new version.
    pub(crate) async fn store_pair(&self, id: &str, owner: &str, pair: SealedPair) -> bool {
        let version = async || {
            let account = self.ledger.account(id).await.unwrap();
            account.map(|account| account.token_version)
        };
        let before = version().await;
        let lease = self.refresh_lease(id, owner);
        let stored = RefreshSettlement::Store(pair);
        self.settle_refresh(&lease, &stored, HORIZON, NOW)
            .await
            .unwrap();
        version().await != before
    }

    /// X did not process the refresh: it is tried again at `due_at`.
    async fn release_refresh(&self, lease: &RefreshLease, due_at: Timestamp) {
        let again = RefreshSettlement::TryAgain { due_at };
        self.settle_refresh(lease, &again, HORIZON, NOW)
            .await
            .unwrap();
    }

    /// The refresh token may be spent.
    async fn doubt(&self, lease: &RefreshLease, due_at: Timestamp, now: Timestamp) {
        let doubt = RefreshSettlement::Doubt { due_at };
        self.settle_refresh(lease, &doubt, HORIZON, now)
            .await
            .unwrap();
    }

    /// Refreshes the tokens of this version.
    pub(crate) async fn refresh(&self, id: &str, version: i64, pair: SealedPair) {
        assert!(self.lease_refresh(id, version, "refresher", NOW).await);
        assert!(self.store_pair(id, "refresher", pair).await);
    }
}

async fn a_refresh_token_is_leased_once(ledger: TestLedger) {
    let other = ledger.another().await;
    for number in 1..=8_i64 {
        let id = format!("a{number}");
        ledger.link(&format!("+1555123000{number}"), &id, &id).await;
        let account = ledger.account_at(&id, 1).await;
        let (one, two) = tokio::join!(
            ledger.claim_refresh(account.clone(), claimant("one", NOW)),
            other.claim_refresh(account, claimant("two", NOW)),
        );
        assert_ne!(one.unwrap().is_some(), two.unwrap().is_some());
        assert!(!ledger.lease_refresh(&id, 0, "three", NOW).await);
    }
}

async fn a_refresh_lease_that_has_ended_is_not_given_to_another(ledger: TestLedger) {
    ledger.link(ALICE, "a1", "w").await;
    assert!(ledger.lease_refresh("a1", 1, "dead", NOW).await);
    // Its holder may have presented the token. A second time would cost the whole family.
    let late = NOW + HORIZON;
    assert!(!ledger.lease_refresh("a1", 1, "alive", late).await);
    let account = ledger.account("a1").await;
    assert_eq!(account.refresh_lease_owner.as_deref(), Some("dead"));
    assert_eq!(account.refresh_lease_until, Some((NOW + LEASE).0));
}

async fn the_token_of_a_dead_holder_is_in_doubt(ledger: TestLedger) {
    ledger.link(ALICE, "a1", "w").await;
    let (due, soon) = (NOW + seconds(900), NOW + seconds(31));
    let before = ledger.account_at("a1", 1).await;
    assert!(ledger.lease_refresh("a1", 1, "slow", NOW).await);
    let leased = ledger.account_at("a1", 1).await;
    // Nobody held the token when this process looked, so nobody's token is in doubt.
    ledger.doubt_refresh(&before, due, soon).await.unwrap();
    assert_eq!(ledger.account("a1").await.refresh_doubted_at, None);

    // The holder was slow and not dead: its pair is newer than what was seen.
    assert!(ledger.store_pair("a1", "slow", pair("new")).await);
    assert!(ledger.lease_refresh("a1", 2, "dead", NOW).await);
    ledger.doubt_refresh(&leased, due, soon).await.unwrap();
    let account = ledger.account("a1").await;
    assert_eq!(account.refresh_doubted_at, None);
    assert_eq!(account.refresh_lease_owner.as_deref(), Some("dead"));

    ledger.take_jobs(NOW).await;
    let leased = ledger.account_at("a1", 2).await;
    ledger.doubt_refresh(&leased, due, soon).await.unwrap();
    let account = ledger.account("a1").await;
    assert_eq!(account.refresh_token, "sealed-refresh-new");
    assert_eq!(account.refresh_doubted_at, Some(soon.0));
    assert_eq!(
        (account.refresh_lease_owner, account.refresh_lease_until),
        (None, None)
    );
    assert_eq!(account.access_token, "sealed-access-new");
    assert_eq!(account.refresh_due_at, Some(due.0));
    assert_eq!(ledger.take_jobs(due).await, ["refresh a1"]);
    // It may be presented once more.
    assert!(ledger.lease_refresh("a1", 2, "alive", due).await);
}

async fn only_an_active_account_is_refreshed(ledger: TestLedger) {
    ledger.link(ALICE, "a1", "w1").await;
    assert!(!ledger.lease_refresh("a1", 2, "w", NOW).await);
    assert!(ledger.lease_refresh("a1", 1, "w", NOW).await);
    ledger.link(BOB, "b1", "w2").await;
    ledger.disconnect_account("b1", 1).await.unwrap();
    assert!(!ledger.lease_refresh("b1", 1, "w", NOW).await);
    // The number was unlinked after this process had looked.
    let gone = Account {
        id: "none".to_owned(),
        ..ledger.account_at("a1", 1).await
    };
    let lease = ledger.claim_refresh(gone, claimant("w", NOW)).await;
    assert!(lease.unwrap().is_none());
}

async fn a_new_pair_is_stored_by_version(ledger: TestLedger) {
    let first = ledger.link(ALICE, "a1", "w").await;
    ledger.take_jobs(NOW).await;
    assert!(ledger.lease_refresh("a1", 1, "w", NOW).await);
    let due = NOW + seconds(5000);
    let new = SealedPair {
        refresh_due_at: Some(due),
        scopes: None,
        ..pair("new")
    };
    // However late the answer comes, it is the only good pair.
    assert!(ledger.store_pair("a1", "w", new).await);
    let account = ledger.account("a1").await;
    assert_eq!(account.token_version, 2);
    assert_eq!(account.refresh_token, "sealed-refresh-new");
    assert_eq!(account.refresh_lease_owner, None);
    assert_eq!(account.refresh_due_at, Some(due.0));
    assert_eq!(
        account.scopes, first.scopes,
        "X did not say, so they are as before"
    );
    assert_eq!(ledger.take_jobs(due).await, ["refresh a1"]);

    assert!(!ledger.store_pair("a1", "w", pair("stale")).await);
    assert_eq!(
        ledger.account("a1").await.refresh_token,
        "sealed-refresh-new"
    );
    assert!(ledger.take_jobs(NOW + HORIZON).await.is_empty());
    assert!(ledger.lease_refresh("a1", 2, "w", NOW).await);
}

async fn a_refresh_that_x_did_not_process_leaves_the_pair(ledger: TestLedger) {
    ledger.link(ALICE, "a1", "w").await;
    ledger.take_jobs(NOW).await;
    assert!(ledger.lease_refresh("a1", 1, "w", NOW).await);
    let first = ledger.refresh_lease("a1", "w");
    let at = NOW + seconds(60);
    ledger.release_refresh(&first, at).await;
    let account = ledger.account("a1").await;
    assert_eq!(account.refresh_lease_owner, None);
    assert_eq!((account.token_version, account.refresh_failures), (1, 1));
    assert_eq!(account.refresh_due_at, Some(at.0));
    assert_eq!(account.refresh_token, "sealed-refresh-a1");
    assert_eq!(ledger.take_jobs(at).await, ["refresh a1"]);

    // The same is written again after another process has taken the lease.
    assert!(ledger.lease_refresh("a1", 1, "other", at).await);
    ledger.release_refresh(&first, at).await;
    let account = ledger.account("a1").await;
    assert_eq!(account.refresh_lease_owner.as_deref(), Some("other"));
    assert_eq!(account.refresh_lease_until, Some((at + LEASE).0));
    assert_eq!(account.refresh_failures, 1);
    // And again after the pair has changed, even under the same name.
    assert!(ledger.store_pair("a1", "other", pair("new")).await);
    assert!(ledger.lease_refresh("a1", 2, "w", at).await);
    ledger.release_refresh(&first, at).await;
    let account = ledger.account("a1").await;
    assert_eq!(account.refresh_lease_owner.as_deref(), Some("w"));
    assert_eq!(account.refresh_failures, 0);
    assert!(ledger.take_jobs(at).await.is_empty());
}

async fn a_refresh_token_that_may_be_spent_is_kept_and_in_doubt(ledger: TestLedger) {
    ledger.link(ALICE, "a1", "w").await;
    let due = NOW + seconds(900);
    assert!(ledger.lease_refresh("a1", 1, "w", NOW).await);
    let first = ledger.refresh_lease("a1", "w");
    // It was given back, and another process holds the token of the same version.
    ledger.release_refresh(&first, NOW).await;
    assert!(ledger.lease_refresh("a1", 1, "other", NOW).await);
    ledger.doubt(&first, due, NOW).await;
    let account = ledger.account("a1").await;
    assert_eq!(account.refresh_doubted_at, None);
    assert_eq!(account.refresh_lease_owner.as_deref(), Some("other"));
    // The pair has changed since, and is leased under the same name.
    assert!(ledger.store_pair("a1", "other", pair("new")).await);
    assert!(ledger.lease_refresh("a1", 2, "w", NOW).await);
    ledger.doubt(&first, due, NOW).await;
    let account = ledger.account("a1").await;
    assert_eq!(account.refresh_doubted_at, None);
    assert_eq!(account.refresh_lease_owner.as_deref(), Some("w"));

    ledger.take_jobs(due).await;
    let second = ledger.refresh_lease("a1", "w");
    ledger.doubt(&second, due, NOW).await;
    let account = ledger.account("a1").await;
    assert_eq!(account.refresh_token, "sealed-refresh-new");
    assert_eq!(account.refresh_due_at, Some(due.0));
    assert_eq!(account.refresh_doubted_at, Some(NOW.0));
    assert_eq!(account.refresh_failures, 1);
    assert_eq!(account.refresh_lease_owner, None);
    assert_eq!(ledger.take_jobs(due).await, ["refresh a1"]);
    // Until the access token is over, posts can be made.
    assert_eq!(account.state, "active");
    assert_eq!(account.access_token, "sealed-access-new");

    // Without a clear answer it stays in doubt, since the first time; a new pair ends the doubt.
    for _ in 0..2 {
        assert!(ledger.lease_refresh("a1", 2, "again", due).await);
        let again = ledger.refresh_lease("a1", "again");
        ledger.doubt(&again, due, due).await;
        assert!(ledger.lease_refresh("a1", 2, "again", due).await);
        let again = ledger.refresh_lease("a1", "again");
        ledger.release_refresh(&again, due).await;
        assert_eq!(ledger.account("a1").await.refresh_doubted_at, Some(NOW.0));
    }
    ledger.refresh("a1", 2, pair("third")).await;
    let account = ledger.account("a1").await;
    assert_eq!(account.refresh_doubted_at, None);
    assert_eq!(account.refresh_failures, 0);
}

async fn a_pair_that_comes_after_the_disconnection_activates_the_account(ledger: TestLedger) {
    ledger.post(1, ALICE).await;
    let id = ledger.account_of(ALICE).await.unwrap().unwrap().id;
    assert!(ledger.lease_refresh(&id, 1, "slow", NOW).await);
    ledger.disconnect_account(&id, 1).await.unwrap();
    ledger
        .settle_as(1, &waits(Reason::SignIn, NOW + HORIZON), NOW)
        .await;
    ledger.take_jobs(NOW + HORIZON).await;
    assert!(ledger.store_pair(&id, "slow", pair("new")).await);
    let account = ledger.account(&id).await;
    assert_eq!(account.state, "active");
    assert_eq!(account.refresh_token, "sealed-refresh-new");
    // What waited for the owner goes on.
    assert_eq!(ledger.standing(1).await, "received");
    assert_eq!(ledger.take_jobs(NOW).await, [format!("tweet {}", sid(1))]);
}

async fn a_pair_that_comes_after_the_number_was_unlinked_is_revoked(ledger: TestLedger) {
    for again in [false, true] {
        let (id, new) = (format!("a{again}"), format!("n{again}"));
        ledger.link(ALICE, &id, &id).await;
        assert!(ledger.lease_refresh(&id, 1, "slow", NOW).await);
        let gone = ledger.unlink(&phone(ALICE), operator(&id), NOW).await;
        assert_eq!(gone.unwrap(), Unlinking::Unlinked { texts: 0 });
        if again {
            ledger.link(ALICE, &new, &new).await;
        }
        ledger.take_jobs(NOW).await;
        assert!(!ledger.store_pair(&id, "slow", pair("late")).await);
        // It is written again because the first answer of the database was lost.
        assert!(!ledger.store_pair(&id, "slow", pair("late")).await);
        assert_eq!(ledger.take_jobs(NOW).await, [format!("revoke {id}:2")]);
        let owed = ledger.take_revocation(&format!("{id}:2"), LEASE, NOW).await;
        let owed = owed.unwrap().expect("a pair to revoke");
        assert_eq!(owed.account_id, id);
        assert_eq!(owed.refresh_token, "sealed-refresh-late");
        assert_eq!(owed.access_token, "sealed-access-late");
    }
    let account = ledger.account_of(ALICE).await.unwrap().unwrap();
    assert_eq!(account.refresh_token, "sealed-refresh-ntrue");
    assert_eq!(
        ledger
            .number("SELECT COUNT(*) FROM lanes WHERE phone = ''")
            .await,
        0
    );
}

async fn a_new_pair_wakes_the_texts_that_waited_for_it(ledger: TestLedger) {
    let far = NOW + seconds(900);
    for (number, phone, settlement) in [
        (1, ALICE, waits(Reason::Outage, far)),
        (2, ALICE, waits(Reason::Money, far)),
        (3, ALICE, doubts(Some(far))),
        (4, BOB, waits(Reason::Outage, far)),
    ] {
        ledger.post(number, phone).await;
        ledger
            .run("UPDATE texts SET arrival = -arrival WHERE arrival > 0")
            .await;
        ledger.settle_as(number, &settlement, NOW).await;
    }
    ledger.take_jobs(far).await;
    let id = ledger.account_of(ALICE).await.unwrap().unwrap().id;
    ledger.refresh(&id, 1, pair("new")).await;
    for (number, due) in [(1, NOW), (2, far), (3, far), (4, far)] {
        let next = ledger.text(number).await.next_attempt_at;
        assert_eq!(next, Some(due.0), "text {number}");
    }
    assert_eq!(ledger.take_jobs(NOW).await, [format!("tweet {}", sid(1))]);
}

async fn newer_tokens_are_not_disconnected(ledger: TestLedger) {
    ledger.link(ALICE, "a1", "w").await;
    ledger.refresh("a1", 1, pair("new")).await;
    ledger.disconnect_account("a1", 1).await.unwrap();
    assert_eq!(ledger.account("a1").await.state, "active");
    let stale = ledger.refresh_lease("a1", "refresher");
    let refused = RefreshSettlement::Disconnect;
    ledger
        .settle_refresh(&stale, &refused, HORIZON, NOW)
        .await
        .unwrap();
    assert_eq!(ledger.account("a1").await.state, "active");
    ledger.disconnect_account("a1", 2).await.unwrap();
    assert_eq!(ledger.account("a1").await.state, "needs_sign_in");
}

async fn an_idle_account_is_not_refreshed_ahead(ledger: TestLedger) {
    ledger.link(ALICE, "a1", "w").await;
    let new = SealedPair {
        refresh_due_at: Some(NOW),
        ..pair("new")
    };
    ledger.refresh("a1", 1, new).await;
    let stale = ledger.account_at("a1", 1).await;
    ledger.let_idle(&stale).await.unwrap();
    assert_eq!(ledger.account("a1").await.refresh_due_at, Some(NOW.0));
    let current = ledger.account_at("a1", 2).await;
    ledger.let_idle(&current).await.unwrap();
    assert_eq!(ledger.account("a1").await.refresh_due_at, None);
    let overdue = ledger.wake_overdue_refreshes(NOW + HORIZON, crate::sweep::at_once());
    assert_eq!(overdue.await.unwrap(), 0);
}
