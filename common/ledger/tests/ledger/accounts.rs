//! Accounts: linking, the tokens' life, forgetting.

use birdcall_domain::{
    clock::Timestamp,
    inbound::Disposition,
    text::{Reason, Settlement, TextState},
};
use birdcall_ledger::{
    accounts::{Link, SealedPair},
    audit::Deed,
    take_in::Receipt,
    texts::TextOutcome,
};

use crate::{
    engines::on_both_engines,
    ledger::{
        ALICE, BOB, HORIZON, LEASE, NOW, TestLedger, doubts, ends, inbound, only, pair, phone,
        publishes, reply, seconds, sid, waits, word,
    },
};

on_both_engines!(
    a_sign_in_links_the_number,
    a_number_that_signs_in_again_has_a_new_account,
    what_waited_for_the_sign_in_is_due,
    a_refresh_token_is_leased_once,
    a_lease_that_ran_out_is_not_given_away,
    only_an_active_account_is_refreshed,
    a_new_pair_is_stored_by_version,
    x_that_did_not_process_a_refresh_leaves_the_pair,
    a_token_that_may_be_spent_is_forgotten,
    newer_tokens_are_not_disconnected,
    an_idle_account_is_not_refreshed_by_itself,
    who_it_is_at_x_is_noted,
    forgetting_empties_everything_but_the_sids,
    a_text_in_hand_is_not_brought_back_by_its_worker,
    after_the_goodbye_nothing_names_the_number,
    an_opt_out_outlives_the_goodbye,
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
        reply: &reply("welcome", ALICE, "You are signed in."),
    };
    ledger.link_account(link, NOW).await.unwrap();

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
    assert_eq!(ledger.take_jobs(NOW).await, ["reply welcome"]);
    assert_eq!(ledger.take_jobs(NOW + seconds(6000)).await, ["refresh a1"]);
}

async fn a_number_that_signs_in_again_has_a_new_account(ledger: TestLedger) {
    let first = ledger.link(ALICE, "a1", "w1").await;
    assert!(
        ledger
            .lease_refresh("a1", 1, "w", NOW + LEASE)
            .await
            .unwrap()
    );
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
    // A refresh of the old tokens that answers late is nobody's.
    assert!(!ledger.store_pair("a1", 1, &pair("late")).await.unwrap());
    assert_eq!(ledger.account("a2").await.access_token, "sealed-access-a2");
}

async fn what_waited_for_the_sign_in_is_due(ledger: TestLedger) {
    let far = NOW + HORIZON;
    for number in 1..=6 {
        ledger.post(number, ALICE).await;
        let settlement = match number {
            1 => Settlement {
                unauthorized_version: Some(1),
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
        ledger.bring(number, &settlement, NOW).await;
    }
    ledger.post(7, BOB).await;
    ledger.bring(7, &waits(Reason::SignIn, far), NOW).await;
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
    assert_eq!(woken.unauthorized_version, None);
    assert_eq!(
        ledger.take_jobs(later).await,
        [
            "reply welcome again".to_owned(),
            format!("tweet {}", sid(1)),
            format!("tweet {}", sid(2))
        ]
    );
}

async fn a_refresh_token_is_leased_once(ledger: TestLedger) {
    let other = ledger.another().await;
    for number in 1..=8_i64 {
        let id = format!("a{number}");
        ledger.link(&format!("+1555123000{number}"), &id, &id).await;
        let until = NOW + LEASE;
        let (one, two) = tokio::join!(
            ledger.lease_refresh(&id, 1, "one", until),
            other.lease_refresh(&id, 1, "two", until),
        );
        assert_ne!(one.unwrap(), two.unwrap());
        let stale = ledger.lease_refresh(&id, 0, "three", until).await;
        assert!(!stale.unwrap());
    }
}

async fn a_lease_that_ran_out_is_not_given_away(ledger: TestLedger) {
    ledger.link(ALICE, "a1", "w").await;
    assert!(
        ledger
            .lease_refresh("a1", 1, "dead", NOW + LEASE)
            .await
            .unwrap()
    );
    // Its holder may have spent the token: presenting it again would cost the whole family.
    let late = NOW + HORIZON;
    assert!(!ledger.lease_refresh("a1", 1, "alive", late).await.unwrap());
    let account = ledger.account("a1").await;
    assert_eq!(account.refresh_lease_owner.as_deref(), Some("dead"));
    assert_eq!(account.refresh_lease_until, Some((NOW + LEASE).0));
}

async fn only_an_active_account_is_refreshed(ledger: TestLedger) {
    ledger.link(ALICE, "a1", "w1").await;
    assert!(!ledger.lease_refresh("a1", 2, "w", NOW).await.unwrap());
    assert!(
        ledger
            .lease_refresh("a1", 1, "w", NOW + LEASE)
            .await
            .unwrap()
    );
    ledger.forget_refresh_token("a1", 1, "w").await.unwrap();
    assert!(!ledger.lease_refresh("a1", 1, "w", NOW).await.unwrap());
    ledger.link(BOB, "b1", "w2").await;
    ledger.disconnect_account("b1", 1).await.unwrap();
    assert!(!ledger.lease_refresh("b1", 1, "w", NOW).await.unwrap());
    assert!(!ledger.lease_refresh("none", 1, "w", NOW).await.unwrap());
}

async fn a_new_pair_is_stored_by_version(ledger: TestLedger) {
    let first = ledger.link(ALICE, "a1", "w").await;
    ledger.take_jobs(NOW).await;
    assert!(
        ledger
            .lease_refresh("a1", 1, "w", NOW + LEASE)
            .await
            .unwrap()
    );
    let due = NOW + seconds(5000);
    let new = SealedPair {
        refresh_due_at: Some(due),
        scopes: None,
        ..pair("new")
    };
    // However late the answer comes: it is the only good pair.
    assert!(ledger.store_pair("a1", 1, &new).await.unwrap());
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

    assert!(!ledger.store_pair("a1", 1, &pair("stale")).await.unwrap());
    assert_eq!(
        ledger.account("a1").await.refresh_token,
        "sealed-refresh-new"
    );
    assert!(ledger.take_jobs(NOW + HORIZON).await.is_empty());
    assert!(
        ledger
            .lease_refresh("a1", 2, "w", NOW + LEASE)
            .await
            .unwrap()
    );
}

async fn x_that_did_not_process_a_refresh_leaves_the_pair(ledger: TestLedger) {
    ledger.link(ALICE, "a1", "w").await;
    ledger.take_jobs(NOW).await;
    assert!(
        ledger
            .lease_refresh("a1", 1, "w", NOW + LEASE)
            .await
            .unwrap()
    );
    let at = NOW + seconds(60);
    ledger.release_refresh("a1", 0, "w", at).await.unwrap();
    assert!(
        ledger.account("a1").await.refresh_lease_owner.is_some(),
        "a stale version"
    );
    ledger.release_refresh("a1", 1, "other", at).await.unwrap();
    assert!(ledger.account("a1").await.refresh_lease_owner.is_some());
    ledger.release_refresh("a1", 1, "w", at).await.unwrap();
    let account = ledger.account("a1").await;
    assert_eq!(account.refresh_lease_owner, None);
    assert_eq!((account.token_version, account.refresh_failures), (1, 1));
    assert_eq!(account.refresh_token, "sealed-refresh-a1");
    assert_eq!(ledger.take_jobs(at).await, ["refresh a1"]);
    assert!(
        ledger
            .lease_refresh("a1", 1, "w", at + LEASE)
            .await
            .unwrap()
    );
}

async fn a_token_that_may_be_spent_is_forgotten(ledger: TestLedger) {
    ledger.link(ALICE, "a1", "w").await;
    assert!(
        ledger
            .lease_refresh("a1", 1, "w", NOW + LEASE)
            .await
            .unwrap()
    );
    // A stale version, and who does not hold the lease.
    ledger.forget_refresh_token("a1", 0, "w").await.unwrap();
    ledger.forget_refresh_token("a1", 1, "other").await.unwrap();
    assert_eq!(
        ledger.account("a1").await.refresh_token,
        "sealed-refresh-a1"
    );
    ledger.forget_refresh_token("a1", 1, "w").await.unwrap();
    let account = ledger.account("a1").await;
    assert_eq!(
        (account.refresh_token.as_str(), account.refresh_due_at),
        ("", None)
    );
    // Until the access token expires, posts can be made.
    assert_eq!(account.state, "active");
    assert_eq!(account.access_token, "sealed-access-a1");
}

async fn newer_tokens_are_not_disconnected(ledger: TestLedger) {
    ledger.link(ALICE, "a1", "w").await;
    assert!(ledger.store_pair("a1", 1, &pair("new")).await.unwrap());
    ledger.disconnect_account("a1", 1).await.unwrap();
    assert_eq!(ledger.account("a1").await.state, "active");
    ledger.disconnect_account("a1", 2).await.unwrap();
    assert_eq!(ledger.account("a1").await.state, "needs_sign_in");
}

async fn an_idle_account_is_not_refreshed_by_itself(ledger: TestLedger) {
    ledger.link(ALICE, "a1", "w").await;
    let new = SealedPair {
        refresh_due_at: Some(NOW),
        ..pair("new")
    };
    assert!(ledger.store_pair("a1", 1, &new).await.unwrap());
    ledger.let_idle("a1", 1).await.unwrap();
    assert_eq!(ledger.account("a1").await.refresh_due_at, Some(NOW.0));
    ledger.let_idle("a1", 2).await.unwrap();
    assert_eq!(ledger.account("a1").await.refresh_due_at, None);
    let overdue = ledger.wake_overdue_refreshes(NOW + HORIZON, crate::sweep::at_once());
    assert_eq!(overdue.await.unwrap(), 0);
}

async fn who_it_is_at_x_is_noted(ledger: TestLedger) {
    ledger.link(ALICE, "a1", "w").await;
    let noted = ledger.identify_account("a1", "42", "alice");
    noted.await.unwrap();
    let account = ledger.account("a1").await;
    assert_eq!(
        (account.x_user_id.as_str(), account.x_handle.as_str()),
        ("42", "alice")
    );
}

/// Forgets Alice at the word of her `number`-th text.
async fn forget(ledger: &TestLedger, number: u32, now: Timestamp) {
    let deed = Deed {
        actor: "phone",
        action: "forget",
        subject: "+15*******01",
        detail: "",
    };
    let (phone, sid) = (phone(ALICE), sid(number));
    let forgotten = ledger.forget(&phone, &sid, ("deed", deed), now);
    forgotten.await.unwrap();
}

/// The tables that name the number.
async fn traces(ledger: &TestLedger, number: &str) -> Vec<&'static str> {
    let mut found = Vec::new();
    for (table, column) in [
        ("accounts", "phone"),
        ("authorizations", "phone"),
        ("texts", "phone"),
        ("texts", "service_number"),
        ("replies", "phone"),
        ("lanes", "phone"),
        ("audit", "subject"),
        ("audit", "detail"),
    ] {
        let sql = format!("SELECT COUNT(*) FROM {table} WHERE {column} = '{number}'");
        if ledger.number(&sql).await > 0 {
            found.push(table);
        }
    }
    found
}

async fn forgetting_empties_everything_but_the_sids(ledger: TestLedger) {
    ledger.begin("hash", ALICE, NOW).await;
    ledger.post(1, ALICE).await;
    ledger.hold(1, "w", NOW).await;
    ledger.arm(1, "w", NOW).await;
    let text = ledger.text(1).await;
    let published = publishes("100");
    let outcome = TextOutcome {
        reply: Some(reply("final", ALICE, "Tweeted.")),
        ..only(&published)
    };
    assert!(ledger.settle(&text, "w", outcome, NOW).await.unwrap());
    ledger.post(2, ALICE).await;
    ledger
        .bring(2, &waits(Reason::Money, NOW + HORIZON), NOW)
        .await;
    ledger.command(3, ALICE).await;
    ledger.post(4, BOB).await;
    ledger.hold(3, "w", NOW).await;

    forget(&ledger, 3, NOW).await;

    assert!(ledger.account_of(ALICE).await.unwrap().is_none());
    for table in ["authorizations", "attempts", "replies"] {
        let sql = format!("SELECT COUNT(*) FROM {table}");
        assert_eq!(ledger.number(&sql).await, 0, "{table}");
    }
    for (number, standing) in [(1, "published"), (2, "refused undone")] {
        assert_eq!(ledger.standing(number).await, standing);
        let row = ledger.text(number).await;
        assert_eq!((row.phone.as_str(), row.body.as_str()), ("", ""));
        assert_eq!(row.service_number, "");
        assert_eq!((row.next_attempt_at, row.lease_owner), (None, None));
        // Twilio comes again: it is not posted a second time.
        let again = ledger.receive(inbound(number, ALICE, "hello")).await;
        assert_eq!(again, Receipt::Known);
    }
    // The text that asked for it is still in hand.
    let asking = ledger.text(3).await;
    assert_eq!(asking.state, "received");
    assert_eq!(asking.lease_owner.as_deref(), Some("w"));
    // Another phone's are as they were.
    assert_eq!(ledger.text(4).await.phone, BOB);
    assert!(ledger.account_of(BOB).await.unwrap().is_some());
    let deeds = ledger.deeds(10).await.unwrap();
    assert_eq!((deeds.len(), deeds[0].action.as_str()), (1, "forget"));

    // Whoever comes back begins anew.
    let back = ledger.receive(inbound(5, ALICE, "hello")).await;
    assert_eq!(back, Receipt::New(Disposition::SignIn));
}

async fn a_text_in_hand_is_not_brought_back_by_its_worker(ledger: TestLedger) {
    for number in [1, 2] {
        ledger.post(number, ALICE).await;
    }
    let held = ledger.hold(1, "w", NOW).await;
    ledger.arm(1, "w", NOW).await;
    forget(&ledger, 2, NOW).await;
    ledger.scrub_text(&sid(2)).await.unwrap();
    for settlement in [publishes("100"), doubts(Some(NOW))] {
        let outcome = TextOutcome {
            reply: Some(reply("final", ALICE, "Tweeted.")),
            ..only(&settlement)
        };
        assert!(!ledger.settle(&held.text, "w", outcome, NOW).await.unwrap());
    }
    assert_eq!(ledger.standing(1).await, "refused undone");
    assert_eq!(traces(&ledger, ALICE).await, Vec::<&str>::new());
}

/// `\STOP` as the worker carries it out: forget, say goodbye, forget that, too.
async fn say_goodbye(ledger: &TestLedger, now: Timestamp) {
    ledger.command(9, ALICE).await;
    let held = ledger.hold(9, "w", now).await;
    forget(ledger, 9, now).await;
    let done = ends(TextState::Command);
    let outcome = TextOutcome {
        reply: Some(reply("goodbye", ALICE, "Your data is deleted.")),
        ..only(&done)
    };
    assert!(ledger.settle(&held.text, "w", outcome, now).await.unwrap());
    if ledger.opted_out(ALICE).await {
        let claim = ledger.claim_reply("goodbye", "w", now).await;
        assert_eq!(crate::replies::word(&claim), "opted out");
    } else {
        let row = ledger.arm_reply("goodbye", "w", now).await;
        let sent = crate::replies::sent("SM1");
        assert!(ledger.settle_reply(&row, "w", &sent, now).await);
    }
    ledger.scrub_reply("goodbye").await.unwrap();
    ledger.scrub_text(&sid(9)).await.unwrap();
}

async fn after_the_goodbye_nothing_names_the_number(ledger: TestLedger) {
    ledger.post(1, ALICE).await;
    ledger.bring(1, &publishes("100"), NOW).await;
    say_goodbye(&ledger, NOW).await;
    assert_eq!(traces(&ledger, ALICE).await, Vec::<&str>::new());
    assert_eq!(ledger.text(9).await.body, "");
    let repeated = ledger.receive(inbound(9, ALICE, r"\stop")).await;
    assert_eq!(repeated, Receipt::Known);
    assert_eq!(word(&ledger.claim(9, "w", NOW + HORIZON).await), "nothing");
}

async fn an_opt_out_outlives_the_goodbye(ledger: TestLedger) {
    ledger.linked(ALICE).await;
    ledger.receive(inbound(1, ALICE, "STOP")).await;
    say_goodbye(&ledger, NOW).await;
    // The number must be known in order not to be texted.
    assert!(ledger.opted_out(ALICE).await);
    assert_eq!(traces(&ledger, ALICE).await, ["lanes"]);
}
