//! The queues: when jobs may start, how full they are, what is kept of them.

use birdcall_domain::{
    clock::Timestamp,
    text::{MessageSid, Reason},
};
use birdcall_ledger::queue::{JobFilter, JobState, ListedJob, Queue, QueueStats};

use crate::{
    engines::on_both_engines,
    ledger::TestLedger,
    values::{ALICE, BOB, HORIZON, NOW, SERVICE, inbound, seconds, sid, waits},
};

on_both_engines!(
    a_job_never_starts_before_its_moment,
    a_job_is_taken_once,
    queues_are_counted_even_when_they_are_empty,
    jobs_are_found_by_queue_state_and_subject,
    only_jobs_that_were_done_long_ago_are_removed,
    a_job_holds_only_the_id_of_its_row,
);

async fn a_job_never_starts_before_its_moment(ledger: TestLedger) {
    ledger.post(1, ALICE).await;
    ledger.take_jobs(NOW).await;
    // apalis counts in seconds, so this one may start at the next whole second.
    let moment = Timestamp(NOW.0 + 1500);
    ledger
        .settle_as(1, &waits(Reason::Outage, moment), NOW)
        .await;
    for early in [0, 1500, 1999] {
        let jobs = ledger.take_jobs(Timestamp(NOW.0 + early)).await;
        assert!(jobs.is_empty(), "{early}");
    }
    let jobs = ledger.take_jobs(Timestamp(NOW.0 + 2000)).await;
    assert_eq!(jobs, [format!("tweet {}", sid(1))]);
}

async fn a_job_is_taken_once(ledger: TestLedger) {
    for number in 1..=10 {
        ledger.post(number, ALICE).await;
    }
    let other = ledger.another().await;
    let (one, two) = tokio::join!(ledger.take_due_jobs(NOW), other.take_due_jobs(NOW));
    assert_eq!(one.unwrap().len() + two.unwrap().len(), 10);
    assert!(ledger.take_jobs(NOW + HORIZON).await.is_empty());
}

impl TestLedger {
    async fn mark_job(&self, subject: &MessageSid, state: JobState) {
        let jobs = self.jobs_table();
        let job = self.job_of(subject).await.id;
        let sql = format!("UPDATE {jobs} SET status = '{state}' WHERE id = '{job}'");
        self.run(&sql).await;
    }

    async fn job_of(&self, subject: &MessageSid) -> ListedJob {
        let filter = JobFilter {
            subject: Some(subject.to_string()),
            limit: 2,
            ..JobFilter::default()
        };
        let mut jobs = self.ledger.jobs(&filter).await.unwrap();
        assert_eq!(jobs.len(), 1, "{subject}");
        jobs.pop().unwrap()
    }
}

async fn counted(ledger: &TestLedger, now: Timestamp) -> Vec<(Queue, [i64; 4])> {
    let rows = ledger.queue_stats(now).await.unwrap();
    let counts = |row: QueueStats| (row.queue, [row.ready, row.delayed, row.held, row.done]);
    rows.into_iter().map(counts).collect()
}

async fn queues_are_counted_even_when_they_are_empty(ledger: TestLedger) {
    let queues = |refresh, reauth, reply, tweet| {
        [
            (Queue::Command, [0; 4]),
            (Queue::Reauth, reauth),
            (Queue::Refresh, refresh),
            (Queue::Replay, [0; 4]),
            (Queue::Reply, reply),
            (Queue::Revoke, [0; 4]),
            (Queue::Tweet, tweet),
        ]
    };
    let none = [0; 4];
    assert_eq!(counted(&ledger, NOW).await, queues(none, none, none, none));

    for number in 1..=4 {
        ledger.post(number, &format!("+1555123000{number}")).await;
    }
    ledger.take_jobs(NOW).await;
    let then = NOW + seconds(60);
    for number in 1..=4 {
        let due = if number == 4 { then } else { NOW };
        ledger
            .settle_as(number, &waits(Reason::Outage, due), NOW)
            .await;
    }
    ledger.receive(inbound(5, "+15551230009", "hello")).await;
    // What apalis does when a worker takes jobs and when one ends badly.
    ledger.run(&pending_to(&ledger, 2, "Running")).await;
    ledger.run(&pending_to(&ledger, 3, "Failed")).await;

    let tweet = [1, 1, 1, 5];
    assert_eq!(
        counted(&ledger, NOW).await,
        queues(none, [1, 0, 0, 0], none, tweet)
    );
    let tweet = [2, 0, 1, 5];
    assert_eq!(
        counted(&ledger, then).await,
        queues(none, [1, 0, 0, 0], none, tweet)
    );
}

/// Gives the waiting job of a text another state.
fn pending_to(ledger: &TestLedger, number: u32, state: &str) -> String {
    let jobs = ledger.jobs_table();
    let payload = match jobs {
        "Jobs" => "CAST(job AS TEXT)",
        _ => "convert_from(job, 'UTF8')",
    };
    let sid = sid(number);
    format!(
        "UPDATE {jobs} SET status = '{state}' WHERE status = 'Pending' AND {payload} LIKE '%{sid}%'"
    )
}

async fn jobs_are_found_by_queue_state_and_subject(ledger: TestLedger) {
    ledger.post(1, ALICE).await;
    ledger.take_jobs(NOW).await;
    ledger.post(2, ALICE).await;
    ledger.receive(inbound(3, BOB, "hello")).await;
    ledger.add("r", ALICE, NOW).await;

    let found = async |filter: JobFilter| {
        let jobs = ledger.jobs(&filter).await.unwrap();
        let mut found: Vec<String> = jobs.into_iter().map(|job| job.subject).collect();
        found.sort();
        found
    };
    let all = JobFilter {
        limit: 100,
        ..JobFilter::default()
    };
    let sids = [1, 2, 3].map(|number| sid(number).to_string());
    let [first, second, third] = sids.each_ref().map(String::as_str);
    assert_eq!(
        found(all.clone()).await,
        [first, second, third, "r"],
        "linking a number in a test leaves no job of a welcome"
    );
    for (queue, subjects) in [
        (Queue::Tweet, vec![first, second]),
        (Queue::Reauth, vec![third]),
        (Queue::Reply, vec!["r"]),
        (Queue::Refresh, vec![]),
    ] {
        let filter = JobFilter {
            queue: Some(queue),
            ..all.clone()
        };
        assert_eq!(found(filter).await, subjects);
    }
    let done = JobFilter {
        state: Some(JobState::Done),
        ..all.clone()
    };
    assert_eq!(found(done).await, [first]);
    let none = JobFilter {
        subject: Some(first.to_owned()),
        state: Some(JobState::Pending),
        ..all.clone()
    };
    assert!(found(none).await.is_empty());
    assert_eq!(found(JobFilter { limit: 2, ..all }).await.len(), 2);

    let job = ledger.job_of(&sid(1)).await;
    assert_eq!((job.queue, job.state), (Queue::Tweet, JobState::Done));
    assert_eq!(
        (job.run_at, job.done_at),
        (NOW.0 / 1000, Some(NOW.0 / 1000))
    );
    let by_id = ledger.job(&job.id).await.unwrap().unwrap();
    assert_eq!(by_id.subject, first);
    assert!(ledger.job("no such job").await.unwrap().is_none());
}

async fn only_jobs_that_were_done_long_ago_are_removed(ledger: TestLedger) {
    ledger.post(1, ALICE).await;
    ledger.take_jobs(NOW).await;
    ledger.post(2, ALICE).await;
    let day = seconds(24 * 3600);
    assert_eq!(ledger.prune_jobs(NOW).await.unwrap(), 0);
    let late = NOW + day + seconds(1);
    ledger.post(3, BOB).await;
    ledger.mark_job(&sid(3), JobState::Running).await;
    assert_eq!(ledger.prune_jobs(late - day).await.unwrap(), 1);
    assert_eq!(ledger.prune_jobs(late - day).await.unwrap(), 0);
    // A job that was not done is never removed, however old it is.
    assert_eq!(ledger.take_jobs(late).await, [format!("tweet {}", sid(2))]);
    assert_eq!(ledger.prune_jobs(late - day).await.unwrap(), 0);
    assert_eq!(ledger.job_of(&sid(3)).await.state, JobState::Running);
}

async fn a_job_holds_only_the_id_of_its_row(ledger: TestLedger) {
    ledger.post(1, ALICE).await;
    let jobs = ledger.jobs_table();
    let payload = match jobs {
        "Jobs" => "CAST(job AS TEXT)",
        _ => "convert_from(job, 'UTF8')",
    };
    let payloads = ledger.words(&format!("SELECT {payload} FROM {jobs}")).await;
    assert_eq!(payloads, [format!(r#"{{"id":"{}"}}"#, sid(1))]);
    assert!(!payloads[0].contains(ALICE) && !payloads[0].contains(SERVICE));
}
