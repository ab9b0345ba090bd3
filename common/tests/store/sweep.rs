//! The safety net: whatever is due and has no live job is woken.

use std::time::Duration;

use birdcall_common::{
    domain::text::Reason,
    store::{accounts::SealedPair, claim::Overdue},
};

use crate::{
    engines::on_both_engines,
    ledger::{
        ALICE, LEASE, Ledger, NOW, OVERDUE, claimant, doubts, inbound, pair, publishes, reply,
        seconds, sid, waits,
    },
};

on_both_engines!(
    an_overdue_text_is_woken_and_not_twice_in_a_row,
    the_job_wakes_whom_it_should,
    the_most_overdue_are_woken_first,
    a_dead_workers_text_is_woken,
    a_settled_text_is_woken_anew,
    an_overdue_reply_is_woken_and_not_twice_in_a_row,
    an_overdue_refresh_is_woken_and_not_twice_in_a_row,
    what_has_no_next_attempt_is_never_woken,
);

/// Wakes what is due, however often.
pub(crate) fn at_once() -> Overdue {
    Overdue {
        grace: Duration::ZERO,
        again: Duration::ZERO,
        ..OVERDUE
    }
}

async fn an_overdue_text_is_woken_and_not_twice_in_a_row(ledger: Ledger) {
    // Taken in at the door, a text has its first job, which counts as woken.
    ledger.post(1, ALICE).await;
    ledger.take_jobs(NOW).await;
    let then = NOW + seconds(100);
    ledger.bring(1, &waits(Reason::Outage, then), NOW).await;
    ledger.take_jobs(then).await;

    let tweet = format!("tweet {}", sid(1));
    for (after, woken) in [(0, 0), (4, 0), (5, 1), (6, 0), (64, 0), (65, 1), (66, 0)] {
        let now = then + seconds(after);
        let count = ledger.store.wake_overdue_texts(now, OVERDUE).await.unwrap();
        assert_eq!(count, woken, "after {after} s");
        let jobs = ledger.take_jobs(now).await;
        assert_eq!(jobs, vec![tweet.clone(); usize::try_from(woken).unwrap()]);
    }
}

async fn the_job_wakes_whom_it_should(ledger: Ledger) {
    ledger.receive(inbound(1, "+15551230009", "hello")).await;
    ledger.post(2, ALICE).await;
    ledger.take_jobs(NOW).await;
    let later = NOW + seconds(61);
    assert_eq!(
        ledger
            .store
            .wake_overdue_texts(later, OVERDUE)
            .await
            .unwrap(),
        2
    );
    assert_eq!(
        ledger.take_jobs(later).await,
        [format!("reauth {}", sid(1)), format!("tweet {}", sid(2))]
    );
}

async fn the_most_overdue_are_woken_first(ledger: Ledger) {
    for number in 1..=5 {
        ledger.post(number, &format!("+1555123000{number}")).await;
        let due = NOW + seconds(100 - u64::from(number));
        ledger.bring(number, &waits(Reason::Outage, due), NOW).await;
    }
    let late = NOW + seconds(200);
    ledger.take_jobs(late).await;
    let two = Overdue {
        limit: 2,
        ..OVERDUE
    };
    for expected in [
        vec![sid(4), sid(5)],
        vec![sid(2), sid(3)],
        vec![sid(1)],
        vec![],
    ] {
        let woken = ledger.store.wake_overdue_texts(late, two).await.unwrap();
        assert_eq!(usize::try_from(woken).unwrap(), expected.len());
        let jobs: Vec<String> = expected.iter().map(|sid| format!("tweet {sid}")).collect();
        assert_eq!(ledger.take_jobs(late).await, jobs);
    }
}

async fn a_dead_workers_text_is_woken(ledger: Ledger) {
    ledger.post(1, ALICE).await;
    ledger.take_jobs(NOW).await;
    let began = NOW + seconds(60);
    ledger.hold(1, "dead", began).await;
    let over = began + LEASE;
    let early = over + seconds(4);
    assert_eq!(
        ledger
            .store
            .wake_overdue_texts(early, OVERDUE)
            .await
            .unwrap(),
        0
    );
    let late = over + seconds(5);
    assert_eq!(
        ledger
            .store
            .wake_overdue_texts(late, OVERDUE)
            .await
            .unwrap(),
        1
    );
    ledger.hold(1, "alive", late).await;
}

async fn a_settled_text_is_woken_anew(ledger: Ledger) {
    ledger.post(1, ALICE).await;
    let late = NOW + seconds(61);
    assert_eq!(
        ledger
            .store
            .wake_overdue_texts(late, OVERDUE)
            .await
            .unwrap(),
        1
    );
    ledger.bring(1, &waits(Reason::Outage, late), late).await;
    // Settling forgets the waking: the new moment has its own.
    let later = late + seconds(5);
    assert_eq!(
        ledger
            .store
            .wake_overdue_texts(later, OVERDUE)
            .await
            .unwrap(),
        1
    );
}

async fn an_overdue_reply_is_woken_and_not_twice_in_a_row(ledger: Ledger) {
    ledger
        .store
        .add_reply(&reply("r", ALICE, "hi"), NOW)
        .await
        .unwrap();
    ledger.take_jobs(NOW).await;
    for (after, woken) in [(4, 0), (5, 1), (6, 0), (64, 0), (65, 1)] {
        let now = NOW + seconds(after);
        let count = ledger
            .store
            .wake_overdue_replies(now, OVERDUE)
            .await
            .unwrap();
        assert_eq!(count, woken, "after {after} s");
        let jobs = ledger.take_jobs(now).await;
        assert_eq!(jobs, vec!["reply r"; usize::try_from(woken).unwrap()]);
    }
}

async fn an_overdue_refresh_is_woken_and_not_twice_in_a_row(ledger: Ledger) {
    let account = ledger.linked(ALICE).await;
    let store = &ledger.store;
    let due = NOW + seconds(100);
    let new = SealedPair {
        refresh_due_at: Some(due),
        ..pair("new")
    };
    assert!(store.store_pair(&account.id, 1, &new).await.unwrap());
    ledger.take_jobs(due).await;
    for (after, woken) in [(4, 0), (5, 1), (6, 0), (64, 0), (65, 1)] {
        let now = due + seconds(after);
        let count = store.wake_overdue_refreshes(now, OVERDUE).await.unwrap();
        assert_eq!(count, woken, "after {after} s");
        let jobs = ledger.take_jobs(now).await;
        let refresh = format!("refresh {}", account.id);
        assert_eq!(jobs, vec![refresh; usize::try_from(woken).unwrap()]);
    }
    store.disconnect_account(&account.id, 2).await.unwrap();
    let late = due + seconds(1000);
    assert_eq!(
        store.wake_overdue_refreshes(late, OVERDUE).await.unwrap(),
        0
    );
}

async fn what_has_no_next_attempt_is_never_woken(ledger: Ledger) {
    ledger.post(1, ALICE).await;
    ledger.bring(1, &publishes("100"), NOW).await;
    ledger.post(2, ALICE).await;
    ledger.bring(2, &doubts(None), NOW).await;
    ledger.receive(inbound(3, ALICE, "STOP")).await;
    let store = &ledger.store;
    store
        .add_reply(&reply("r", ALICE, "hi"), NOW)
        .await
        .unwrap();
    let claim = store.claim_reply("r", claimant("w", NOW), crate::replies::THROTTLE, 5);
    claim.await.unwrap();
    ledger
        .run("UPDATE replies SET state = 'sent', next_attempt_at = NULL")
        .await;
    let late = NOW + seconds(1_000_000);
    assert_eq!(store.wake_overdue_texts(late, at_once()).await.unwrap(), 0);
    assert_eq!(
        store.wake_overdue_replies(late, at_once()).await.unwrap(),
        0
    );
    assert_eq!(
        store.wake_overdue_refreshes(late, at_once()).await.unwrap(),
        0
    );
}
