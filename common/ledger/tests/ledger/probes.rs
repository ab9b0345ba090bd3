//! Probes: proof that the queues are worked off, and what has been due for how long.

use std::time::Duration;

use birdcall_domain::{clock::Timestamp, text::Reason};
use birdcall_ledger::{
    probes::{OldestDue, Probe},
    queue::{JobFilter, Queue},
};

use crate::{
    engines::on_both_engines,
    ledger::TestLedger,
    values::{ALICE, BOB, NOW, seconds, waits},
};

on_both_engines!(
    each_queue_gets_one_probe_whoever_asks,
    a_probe_that_waits_for_a_worker_gets_no_company,
    finished_probes_do_not_pile_up,
    what_was_finished_is_known_by_its_queue,
    the_oldest_row_that_is_due_tells_since_when,
);

const INTERVAL: Duration = Duration::from_secs(15);

impl TestLedger {
    async fn probe_jobs(&self) -> usize {
        let probes = JobFilter {
            subject: Some("probe".to_owned()),
            limit: 100,
            ..JobFilter::default()
        };
        self.ledger.jobs(&probes).await.unwrap().len()
    }

    async fn push(&self, now: Timestamp) -> u64 {
        self.ledger.push_probes(now, INTERVAL).await.unwrap()
    }

    async fn finish_all(&self, now: Timestamp) {
        for queue in Queue::ALL {
            self.ledger.finish_probe(*queue, now).await.unwrap();
        }
    }
}

async fn each_queue_gets_one_probe_whoever_asks(ledger: TestLedger) {
    let other = ledger.another().await;
    let (one, two) = tokio::join!(
        ledger.ledger.push_probes(NOW, INTERVAL),
        other.push_probes(NOW, INTERVAL)
    );
    assert_eq!(one.unwrap() + two.unwrap(), Queue::ALL.len() as u64);
    let mut jobs = ledger.take_jobs(NOW).await;
    jobs.sort();
    let expected = [
        "command probe",
        "reauth probe",
        "refresh probe",
        "replay probe",
        "reply probe",
        "revoke probe",
        "tweet probe",
    ];
    assert_eq!(jobs, expected);
}

async fn a_probe_that_waits_for_a_worker_gets_no_company(ledger: TestLedger) {
    assert_eq!(ledger.push(NOW).await, Queue::ALL.len() as u64);
    assert_eq!(ledger.push(NOW + seconds(44)).await, 0);
    // By then the first one counts as lost.
    assert_eq!(
        ledger.push(NOW + seconds(45)).await,
        Queue::ALL.len() as u64
    );
    ledger.finish_all(NOW + seconds(46)).await;
    assert_eq!(ledger.push(NOW + seconds(59)).await, 0);
    assert_eq!(
        ledger.push(NOW + seconds(60)).await,
        Queue::ALL.len() as u64
    );
}

async fn finished_probes_do_not_pile_up(ledger: TestLedger) {
    for round in 0..5 {
        let now = NOW + seconds(15) * round;
        assert_eq!(ledger.push(now).await, Queue::ALL.len() as u64, "{round}");
        ledger.take_jobs(now).await;
        ledger.finish_all(now).await;
    }
    assert_eq!(ledger.probe_jobs().await, Queue::ALL.len());
}

async fn what_was_finished_is_known_by_its_queue(ledger: TestLedger) {
    assert!(ledger.ledger.probes().await.unwrap().is_empty());
    ledger.push(NOW).await;
    let later = NOW + seconds(2);
    ledger
        .ledger
        .finish_probe(Queue::Tweet, later)
        .await
        .unwrap();
    let probes = ledger.ledger.probes().await.unwrap();
    let of = |queue| *probes.iter().find(|probe| probe.queue == queue).unwrap();
    let probe = |queue, finished_at| Probe {
        queue,
        asked_at: NOW,
        finished_at,
    };
    assert_eq!(of(Queue::Tweet), probe(Queue::Tweet, later));
    assert_eq!(of(Queue::Reply), probe(Queue::Reply, Timestamp(0)));
}

async fn the_oldest_row_that_is_due_tells_since_when(ledger: TestLedger) {
    let oldest = |now| ledger.ledger.oldest_due(now);
    assert_eq!(oldest(NOW).await.unwrap(), OldestDue::default());
    ledger.post(1, ALICE).await;
    ledger.post(2, BOB).await;
    let later = NOW + seconds(30);
    assert_eq!(oldest(later).await.unwrap().texts, Some(NOW));
    // What waits for a time to come is not due.
    for number in [1, 2] {
        let waits = waits(Reason::Outage, NOW + seconds(100));
        ledger.settle_as(number, &waits, NOW).await;
    }
    assert_eq!(oldest(later).await.unwrap().texts, None);
    let due = oldest(NOW + seconds(160)).await.unwrap();
    assert_eq!(due.texts, Some(NOW + seconds(100)));
}
