//! Accounts: linking a number to an X account.

use birdcall_domain::text::{Reason, Settlement, Unauthorized};
use birdcall_ledger::accounts::{Link, SealedPair};

use crate::{
    engines::on_both_engines,
    ledger::TestLedger,
    values::{
        ALICE, BOB, HORIZON, NOW, doubts, pair, phone, publishes, reply, seconds, sid, waits,
    },
};

on_both_engines!(
    a_sign_in_links_the_number,
    a_number_that_signs_in_again_gets_a_new_account,
    texts_that_waited_for_the_sign_in_are_due,
    the_x_account_of_a_number_is_noted,
);

async fn a_sign_in_links_the_number(ledger: TestLedger) {
    ledger.begin("hash", ALICE, NOW).await;
    let tokens = SealedPair {
        refresh_due_at: Some(NOW + seconds(6000)),
        ..pair("1")
    };
    let link = Link {
        id: "a1",
        phone: &phone(ALICE),
        pair: &tokens,
        x_user_id: "2244994945",
        x_handle: "birdcall",
        retry_horizon: HORIZON,
        state_hash: "hash",
        link_issued_at: Some(NOW),
        reply: &reply("welcome", ALICE, "You are signed in."),
    };
    assert!(ledger.link_account(link, NOW).await.unwrap());

    let account = ledger.account_of(ALICE).await.unwrap().unwrap();
    assert_eq!(
        (account.id.as_str(), account.state.as_str()),
        ("a1", "active")
    );
    assert_eq!(account.token_version, 1);
    assert_eq!(account.access_token, "sealed-access-1");
    assert_eq!(account.refresh_token, "sealed-refresh-1");
    assert_eq!((account.linked_at, account.last_text_at), (NOW.0, NOW.0));
    assert!(ledger.account_of(BOB).await.unwrap().is_none());
    let outcomes = ledger.words("SELECT outcome FROM authorizations").await;
    assert_eq!(outcomes, ["linked"]);
    assert_eq!(
        ledger.take_jobs(NOW).await,
        ["reply link +15551230001 1795366800000", "reply welcome"]
    );
    assert_eq!(ledger.take_jobs(NOW + seconds(6000)).await, ["refresh a1"]);
}

async fn a_number_that_signs_in_again_gets_a_new_account(ledger: TestLedger) {
    let first = ledger.link(ALICE, "a1", "w1").await;
    assert!(ledger.lease_refresh("a1", 1, "w", NOW).await);
    ledger.disconnect_account("a1", 1).await.unwrap();
    ledger.clock.advance(seconds(60));
    let second = ledger.link(ALICE, "a2", "w2").await;
    assert_eq!((first.token_version, second.token_version), (1, 2));
    assert_eq!(
        (second.state.as_str(), second.phone.as_str()),
        ("active", ALICE)
    );
    assert_eq!(second.access_token, "sealed-access-a2");
    assert_eq!(
        (second.refresh_lease_owner, second.refresh_lease_until),
        (None, None)
    );
    assert_eq!(second.linked_at, (NOW + seconds(60)).0);
    assert!(ledger.ledger.account("a1").await.unwrap().is_none());
    assert_eq!(ledger.accounts().await.unwrap().len(), 1);
    // The late answer to a refresh of the old tokens belongs to no account.
    assert!(!ledger.store_pair("a1", "w", pair("late")).await);
    assert_eq!(ledger.account("a2").await.access_token, "sealed-access-a2");
}

async fn texts_that_waited_for_the_sign_in_are_due(ledger: TestLedger) {
    let far = NOW + HORIZON;
    for number in 1..=6 {
        ledger.post(number, ALICE).await;
        let settlement = match number {
            1 => Settlement {
                unauthorized: Some(Unauthorized::first(1, NOW)),
                ..waits(Reason::SignIn, far)
            },
            2 => Settlement {
                reason: Some(Reason::SignIn),
                ..doubts(Some(far))
            },
            3 => doubts(None),
            4 => doubts(Some(NOW)),
            5 => publishes("100"),
            _ => break,
        };
        // Each is brought before the next comes, so none waits for its turn.
        ledger
            .run("UPDATE texts SET arrival = -arrival WHERE arrival > 0")
            .await;
        ledger.settle_as(number, &settlement, NOW).await;
    }
    ledger.post(7, BOB).await;
    ledger.settle_as(7, &waits(Reason::SignIn, far), NOW).await;
    ledger.take_jobs(far).await;

    let later = NOW + seconds(3600);
    ledger.clock.advance_to(later);
    ledger.link(ALICE, "again", "welcome again").await;
    for (number, standing, due) in [
        (1, "received", Some(later)),
        (2, "in_doubt", Some(later)),
        (3, "in_doubt", None),
        (4, "in_doubt", Some(NOW)),
        (5, "published", None),
        (6, "received", Some(NOW)),
        (7, "waiting sign_in", Some(far)),
    ] {
        assert_eq!(ledger.standing(number).await, standing, "text {number}");
        let next = ledger.text(number).await.next_attempt_at;
        assert_eq!(next, due.map(|at| at.0), "text {number}");
    }
    let woken = ledger.text(1).await;
    assert_eq!(woken.deadline_at, (later + HORIZON).0);
    assert_eq!(woken.unauthorized, None);
    assert_eq!(
        ledger.take_jobs(later).await,
        [
            "reply welcome again".to_owned(),
            format!("revoke account {ALICE}:1"),
            format!("tweet {}", sid(1)),
            format!("tweet {}", sid(2))
        ]
    );
}

async fn the_x_account_of_a_number_is_noted(ledger: TestLedger) {
    ledger.link(ALICE, "a1", "w").await;
    let noted = ledger.identify_account("a1", "42", "alice");
    noted.await.unwrap();
    let account = ledger.account("a1").await;
    assert_eq!(
        (account.x_user_id.as_str(), account.x_handle.as_str()),
        ("42", "alice")
    );
}
