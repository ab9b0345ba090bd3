//! The sweep: a row that is due and has no job on its way is woken.

use std::time::Duration;

use birdcall_domain::{clock::Timestamp, text::Reason};
use birdcall_ledger::{Ledger, accounts::SealedPair, wake::Overdue};

use crate::{
    engines::on_both_engines,
    ledger::TestLedger,
    values::{
        ALICE, BOB, LEASE, NOW, OVERDUE, doubts, inbound, pair, publishes, reply, seconds, sid,
        waits,
    },
};

on_both_engines!(
    an_overdue_text_is_woken_and_not_twice_in_a_row,
    each_text_is_woken_in_its_own_queue,
    the_most_overdue_are_woken_first,
    a_dead_workers_text_is_woken,
    a_text_that_has_a_job_on_its_way_gets_no_second_one,
    a_dead_workers_text_goes_before_the_backlog,
    a_dead_workers_reply_goes_before_the_backlog,
    a_row_that_another_transaction_writes_is_skipped,
    a_settled_text_is_woken_again,
    an_overdue_reply_is_woken_and_not_twice_in_a_row,
    an_overdue_refresh_is_woken_and_not_twice_in_a_row,
    a_row_without_a_next_attempt_is_never_woken,
);

/// Wakes what is due, however often.
pub(crate) fn at_once() -> Overdue {
    Overdue {
        grace: Duration::ZERO,
        again: Duration::ZERO,
        ..OVERDUE
    }
}

async fn an_overdue_text_is_woken_and_not_twice_in_a_row(ledger: TestLedger) {
    // A text that is taken in has its first job, which counts as woken.
    ledger.post(1, ALICE).await;
    ledger.take_jobs(NOW).await;
    let then = NOW + seconds(100);
    ledger.settle_as(1, &waits(Reason::Outage, then), NOW).await;
    ledger.take_jobs(then).await;

    let tweet = format!("tweet {}", sid(1));
    for (after, woken) in [(0, 0), (4, 0), (5, 1), (6, 0), (64, 0), (65, 1), (66, 0)] {
        let now = then + seconds(after);
        let count = ledger.wake_overdue_texts(now, OVERDUE).await.unwrap();
        assert_eq!(count, woken, "after {after} s");
        let jobs = ledger.take_jobs(now).await;
        assert_eq!(jobs, vec![tweet.clone(); usize::try_from(woken).unwrap()]);
    }
}

async fn each_text_is_woken_in_its_own_queue(ledger: TestLedger) {
    ledger.receive(inbound(1, "+15551230009", "hello")).await;
    ledger.post(2, ALICE).await;
    ledger.take_jobs(NOW).await;
    let later = NOW + seconds(61);
    assert_eq!(ledger.wake_texts(later).await, 2);
    assert_eq!(
        ledger.take_jobs(later).await,
        [format!("reauth {}", sid(1)), format!("tweet {}", sid(2))]
    );
}

async fn the_most_overdue_are_woken_first(ledger: TestLedger) {
    for number in 1..=5 {
        ledger.post(number, &format!("+1555123000{number}")).await;
        let due = NOW + seconds(100 - u64::from(number));
        ledger
            .settle_as(number, &waits(Reason::Outage, due), NOW)
            .await;
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
        let woken = ledger.wake_overdue_texts(late, two).await.unwrap();
        assert_eq!(usize::try_from(woken).unwrap(), expected.len());
        let jobs: Vec<String> = expected.iter().map(|sid| format!("tweet {sid}")).collect();
        assert_eq!(ledger.take_jobs(late).await, jobs);
    }
}

async fn a_dead_workers_text_is_woken(ledger: TestLedger) {
    ledger.post(1, ALICE).await;
    ledger.take_jobs(NOW).await;
    let began = NOW + seconds(60);
    ledger.hold(1, "dead", began).await;
    let over = began + LEASE;
    let early = over + seconds(4);
    assert_eq!(ledger.wake_texts(early).await, 0);
    let late = over + seconds(5);
    assert_eq!(ledger.wake_texts(late).await, 1);
    ledger.hold(1, "alive", late).await;
}

async fn a_text_that_has_a_job_on_its_way_gets_no_second_one(ledger: TestLedger) {
    let tweet = |number| format!("tweet {}", sid(number));
    for number in 1..=3 {
        ledger.post(number, &format!("+1555123000{number}")).await;
    }
    let late = NOW + seconds(61);
    // The first one's job is in the queue, the second one's is lost, the third one's starts too late.
    ledger.lose_jobs(2).await;
    ledger.lose_jobs(3).await;
    let far = waits(Reason::Outage, late + seconds(100));
    ledger.settle_as(3, &far, NOW).await;
    let due = format!(
        "UPDATE texts SET next_attempt_at = {} WHERE sid = '{}'",
        NOW.0,
        sid(3)
    );
    ledger.run(&due).await;

    assert_eq!(ledger.wake_texts(late).await, 2);
    let mut expected = vec![tweet(1), tweet(2), tweet(3)];
    expected.sort();
    assert_eq!(ledger.take_jobs(late).await, expected);
    // The first one counts as looked at, and is looked at again later.
    assert_eq!(ledger.wake_texts(late).await, 0);
    let later = late + seconds(60);
    assert_eq!(ledger.wake_texts(later).await, 3);
}

impl TestLedger {
    /// Wakes texts that are overdue; how many.
    async fn wake_texts(&self, now: Timestamp) -> u64 {
        let woken = self.ledger.wake_overdue_texts(now, OVERDUE);
        woken.await.unwrap()
    }

    /// What a worker would fetch, in its order.
    async fn in_line(&self) -> Vec<String> {
        let (jobs, subject) = (self.jobs_table(), self.job_subject());
        let sql = format!(
            "SELECT {subject} FROM {jobs} WHERE status = 'Pending' ORDER BY priority DESC, run_at, id"
        );
        self.words(&sql).await
    }
}

async fn a_dead_workers_text_goes_before_the_backlog(ledger: TestLedger) {
    // The backlog is older, was begun, and is overdue as well. The sweep wakes only one of each kind.
    for number in 1..=3 {
        ledger.post(number, &format!("+1555123000{number}")).await;
        ledger
            .settle_as(number, &waits(Reason::Outage, NOW), NOW)
            .await;
    }
    ledger.clock.advance(seconds(10));
    ledger.post(9, "+15551230009").await;
    ledger.take_jobs(NOW + seconds(10)).await;
    ledger.hold(9, "dead", NOW + seconds(10)).await;
    let late = NOW + seconds(10) + LEASE + seconds(5);
    let one = Overdue {
        limit: 1,
        ..OVERDUE
    };
    // One that a dead worker held, and one of the backlog.
    assert_eq!(ledger.wake_overdue_texts(late, one).await.unwrap(), 2);
    assert_eq!(
        ledger.in_line().await,
        [sid(9), sid(1)].map(|sid| sid.to_string())
    );
}

async fn a_dead_workers_reply_goes_before_the_backlog(ledger: TestLedger) {
    for (number, id) in (1..).zip(["old", "held"]) {
        let to = format!("+1555123000{number}");
        let reply = reply(id, &to, "hi");
        let then = NOW + seconds(number);
        ledger.add_reply(&reply, then).await.unwrap();
    }
    let then = NOW + seconds(2);
    ledger.take_jobs(then).await;
    ledger.arm_reply("held", "dead", then).await;
    let late = then + LEASE + seconds(5);
    let woken = ledger.wake_overdue_replies(late, OVERDUE).await;
    assert_eq!(woken.unwrap(), 2);
    assert_eq!(ledger.in_line().await, ["held", "old"]);
}

async fn a_row_that_another_transaction_writes_is_skipped(ledger: TestLedger) {
    ledger.post(1, ALICE).await;
    ledger.post(2, BOB).await;
    ledger.take_jobs(NOW).await;
    let Ledger::Postgres { pool, .. } = &ledger.ledger else {
        // SQLite has one writer at a time.
        return;
    };
    let mut writing = pool.begin().await.unwrap();
    let write = format!("UPDATE texts SET error = 'x' WHERE sid = '{}'", sid(1));
    let write = sqlx::query(sqlx::AssertSqlSafe(write));
    write.execute(&mut *writing).await.unwrap();
    let late = NOW + seconds(61);
    // Waiting for the row would never end, because only this test ends the transaction.
    assert_eq!(ledger.wake_texts(late).await, 1);
    writing.commit().await.unwrap();
    assert_eq!(ledger.wake_texts(late).await, 1);
}

async fn a_settled_text_is_woken_again(ledger: TestLedger) {
    ledger.post(1, ALICE).await;
    ledger.take_jobs(NOW).await;
    let late = NOW + seconds(61);
    assert_eq!(ledger.wake_texts(late).await, 1);
    ledger
        .settle_as(1, &waits(Reason::Outage, late), late)
        .await;
    ledger.take_jobs(late).await;
    // The settling has cleared the moment of waking, so the text is woken again at once.
    let later = late + seconds(5);
    assert_eq!(ledger.wake_texts(later).await, 1);
}

async fn an_overdue_reply_is_woken_and_not_twice_in_a_row(ledger: TestLedger) {
    ledger
        .ledger
        .add_reply(&reply("r", ALICE, "hi"), NOW)
        .await
        .unwrap();
    ledger.take_jobs(NOW).await;
    for (after, woken) in [(4, 0), (5, 1), (6, 0), (64, 0), (65, 1)] {
        let now = NOW + seconds(after);
        let count = ledger
            .ledger
            .wake_overdue_replies(now, OVERDUE)
            .await
            .unwrap();
        assert_eq!(count, woken, "after {after} s");
        let jobs = ledger.take_jobs(now).await;
        assert_eq!(jobs, vec!["reply r"; usize::try_from(woken).unwrap()]);
    }
}

async fn an_overdue_refresh_is_woken_and_not_twice_in_a_row(ledger: TestLedger) {
    let account = ledger.linked(ALICE).await;
    let due = NOW + seconds(100);
    let new = SealedPair {
        refresh_due_at: Some(due),
        ..pair("new")
    };
    ledger.refresh(&account.id, 1, new).await;
    ledger.take_jobs(due).await;
    for (after, woken) in [(4, 0), (5, 1), (6, 0), (64, 0), (65, 1)] {
        let now = due + seconds(after);
        let count = ledger.wake_overdue_refreshes(now, OVERDUE).await.unwrap();
        assert_eq!(count, woken, "after {after} s");
        let jobs = ledger.take_jobs(now).await;
        let refresh = format!("refresh {}", account.id);
        assert_eq!(jobs, vec![refresh; usize::try_from(woken).unwrap()]);
    }
    ledger.disconnect_account(&account.id, 2).await.unwrap();
    let late = due + seconds(1000);
    assert_eq!(
        ledger.wake_overdue_refreshes(late, OVERDUE).await.unwrap(),
        0
    );
}

async fn a_row_without_a_next_attempt_is_never_woken(ledger: TestLedger) {
    ledger.post(1, ALICE).await;
    ledger.settle_as(1, &publishes("100"), NOW).await;
    ledger.post(2, ALICE).await;
    ledger.settle_as(2, &doubts(None), NOW).await;
    ledger.receive(inbound(3, ALICE, "STOP")).await;
    ledger
        .add_reply(&reply("r", ALICE, "hi"), NOW)
        .await
        .unwrap();
    assert_eq!(ledger.claim_reply("r", "w", NOW).await, "opted out");
    ledger
        .run("UPDATE replies SET state = 'sent', next_attempt_at = NULL")
        .await;
    let late = NOW + seconds(1_000_000);
    assert_eq!(ledger.wake_overdue_texts(late, at_once()).await.unwrap(), 0);
    assert_eq!(
        ledger.wake_overdue_replies(late, at_once()).await.unwrap(),
        0
    );
    assert_eq!(
        ledger
            .wake_overdue_refreshes(late, at_once())
            .await
            .unwrap(),
        0
    );
}
