//! Probes: jobs that go the whole way through a queue, so that a row proves that its workers work.
//!
//! A probe is a job whose id is [`PROBE`] and names no row of its queue. A worker that takes one writes
//! the time and does nothing else.

use std::time::Duration;

use birdcall_domain::{clock::Timestamp, health::probe_is_due};

use crate::{
    Dialect, Ledger, LedgerResult, Tx,
    queue::{self, Job, PROBE, Queue},
    stored::{known, moment},
    transaction::{execute, fetch_all, fetch_optional},
};

/// The probes of one queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Probe {
    /// The queue.
    pub queue: Queue,
    /// When the last one was pushed.
    pub asked_at: Timestamp,
    /// When a worker last finished one; `Timestamp(0)`: never.
    pub finished_at: Timestamp,
}

/// Since when the oldest row of each kind that is due has been due.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OldestDue {
    /// Texts.
    pub texts: Option<Timestamp>,
    /// Replies.
    pub replies: Option<Timestamp>,
    /// Refreshes of tokens.
    pub refreshes: Option<Timestamp>,
    /// Pairs of tokens that X has to revoke.
    pub revocations: Option<Timestamp>,
}

impl OldestDue {
    /// Each with its name, as the metrics call it.
    #[must_use]
    pub fn each(self) -> [(&'static str, Option<Timestamp>); 4] {
        [
            ("texts", self.texts),
            ("replies", self.replies),
            ("refreshes", self.refreshes),
            ("revocations", self.revocations),
        ]
    }
}

/// The first row of each index of what is due.
const OLDEST_DUE: [&str; 4] = [
    "SELECT MIN(next_attempt_at) FROM texts WHERE next_attempt_at IS NOT NULL",
    "SELECT MIN(next_attempt_at) FROM replies WHERE next_attempt_at IS NOT NULL",
    "SELECT MIN(refresh_due_at) FROM accounts WHERE refresh_due_at IS NOT NULL",
    "SELECT MIN(next_attempt_at) FROM revocations",
];

/// What [`Ledger::oldest_due`] runs.
pub(crate) const fn statements() -> [&'static str; 4] {
    OLDEST_DUE
}

impl Ledger {
    /// Pushes a probe into each queue whose last one was pushed `interval` ago, and removes those that
    /// are finished. Returns how many were pushed. Any number of workers may ask.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn push_probes(&self, now: Timestamp, interval: Duration) -> LedgerResult<u64> {
        let probes = self.probes().await?;
        let is_due = |queue: &Queue| {
            let probe = probes.iter().find(|probe| probe.queue == *queue);
            probe.is_none_or(|probe| probe_is_due(probe.asked_at, probe.finished_at, now, interval))
        };
        let due: Vec<Queue> = Queue::ALL.iter().copied().filter(is_due).collect();
        if due.is_empty() {
            return Ok(0);
        }
        let mut tx = self.write("push_probes").await?;
        let mut pushed = 0;
        for queue in due {
            let known = probes.iter().find(|probe| probe.queue == queue);
            // Another worker may have asked since.
            let before = known.map_or(0, |probe| probe.asked_at.0);
            let ours = execute!(
                tx,
                "INSERT INTO probes (queue, asked_at, finished_at) VALUES ($1, $2, 0)
                 ON CONFLICT (queue) DO UPDATE SET asked_at = $2 WHERE probes.asked_at = $3",
                queue.as_str(),
                now.0,
                before,
            )?;
            if ours > 0 {
                queue::push(&mut tx, &Job::probe(queue), now, now).await?;
                pushed += 1;
            }
        }
        remove_finished(&mut tx).await?;
        tx.commit().await?;
        Ok(pushed)
    }

    /// Notes that a worker finished a probe of this queue.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn finish_probe(&self, queue: Queue, now: Timestamp) -> LedgerResult<()> {
        let mut tx = self.write("finish_probe").await?;
        execute!(
            tx,
            "UPDATE probes SET finished_at = $2 WHERE queue = $1",
            queue.as_str(),
            now.0,
        )?;
        tx.commit().await
    }

    /// The probes of each queue that ever had one.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn probes(&self) -> LedgerResult<Vec<Probe>> {
        let mut tx = self.read("probes").await?;
        let rows = fetch_all!(
            tx,
            (String, i64, i64),
            "SELECT queue, asked_at, finished_at FROM probes ORDER BY queue"
        )?;
        let probes = rows.into_iter().map(|(queue, asked_at, finished_at)| {
            Ok(Probe {
                queue: known("probes.queue", &queue, Queue::parse)?,
                asked_at: Timestamp(asked_at),
                finished_at: Timestamp(finished_at),
            })
        });
        probes.collect()
    }

    /// Since when the oldest rows that are due have been due: each is the first row of an index.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn oldest_due(&self, now: Timestamp) -> LedgerResult<OldestDue> {
        let mut tx = self.read("oldest_due").await?;
        let mut oldest = [None; 4];
        for (sql, oldest) in OLDEST_DUE.into_iter().zip(&mut oldest) {
            let row = fetch_optional!(tx, (Option<i64>,), sql)?;
            *oldest = moment(row.and_then(|(at,)| at)).filter(|at| *at <= now);
        }
        let [texts, replies, refreshes, revocations] = oldest;
        Ok(OldestDue {
            texts,
            replies,
            refreshes,
            revocations,
        })
    }
}

/// Probes that are done tell nothing any more, and would fill the list of jobs.
async fn remove_finished(tx: &mut Tx) -> LedgerResult<()> {
    let sql = match tx.dialect() {
        Dialect::Sqlite => {
            "DELETE FROM Jobs WHERE CAST(job AS TEXT) ->> 'id' = $1 AND status = 'Done'"
        }
        Dialect::Postgres => {
            "DELETE FROM apalis.jobs WHERE birdcall_job_subject(job) = $1 AND status = 'Done'"
        }
    };
    execute!(tx, sql, PROBE)?;
    Ok(())
}
