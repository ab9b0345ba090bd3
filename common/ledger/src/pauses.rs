//! Pauses: what a whole queue waits for, and who tries first when the wait is over.

use std::time::Duration;

use birdcall_domain::{backoff::Backoff, clock::Timestamp, text::Reason};
use serde::Serialize;

use super::{Ledger, LedgerResult, Tx, execute, fetch_all, fetch_optional, known};
use crate::{
    jobs::{Job, Queue},
    queue,
};

/// A queue's pause.
#[derive(Clone, Debug, Serialize, sqlx::FromRow)]
pub struct PauseRow {
    /// The queue's name.
    pub queue: String,
    /// `money`, `rate_limit`, or `paused` by the operator.
    pub reason: String,
    /// Unix milliseconds.
    pub since: i64,
    /// Unix milliseconds; then one text tries.
    pub until: i64,
    /// Tries that failed.
    pub failures: i64,
}

/// Texts woken when a pause ends; the sweep wakes the rest.
const WOKEN_AT_ONCE: i64 = 500;
/// How long an operator's pause is slept through before it is looked at again.
const LOOK_AGAIN: Duration = Duration::from_secs(10);

/// Whether the queue waits: until when, and why. A wait that is over is none, even if nobody has
/// tried yet.
pub(super) async fn look(
    tx: &mut Tx,
    queue: Queue,
    now: Timestamp,
) -> LedgerResult<Option<(Timestamp, Reason)>> {
    let row = fetch_optional!(
        tx,
        PauseRow,
        "SELECT * FROM pauses WHERE queue = $1",
        queue.name()
    )?;
    let Some(row) = row else { return Ok(None) };
    let reason = known("pauses.reason", &row.reason, Reason::parse)?;
    let until = match reason {
        Reason::Paused => now + LOOK_AGAIN,
        _ => Timestamp(row.until),
    };
    Ok((until > now).then_some((until, reason)))
}

/// The same for whoever is about to call. When a wait is over the first to ask becomes the probe: it
/// goes on, and everybody else waits for `lease` longer.
pub(super) async fn probe(
    tx: &mut Tx,
    queue: Queue,
    now: Timestamp,
    lease: Duration,
) -> LedgerResult<Option<(Timestamp, Reason)>> {
    let won = execute!(
        tx,
        "UPDATE pauses SET until = $2 WHERE queue = $1 AND until <= $3 AND reason <> 'paused'",
        queue.name(),
        (now + lease).0,
        now.0,
    )?;
    if won > 0 {
        return Ok(None);
    }
    look(tx, queue, now).await
}

/// Pauses the queue for a reason of X's; every failed probe waits longer. An operator's pause is
/// left as it is.
pub(super) async fn pause(
    tx: &mut Tx,
    queue: Queue,
    reason: Reason,
    until: Option<Timestamp>,
    now: Timestamp,
    backoff: Backoff,
) -> LedgerResult<()> {
    let known_failures = fetch_optional!(
        tx,
        (i64,),
        "SELECT failures FROM pauses WHERE queue = $1",
        queue.name()
    )?;
    let failures = known_failures.map_or(1, |(failures,)| failures + 1);
    let until = until.unwrap_or(now + backoff.delay(super::count(failures), 1.0));
    execute!(
        tx,
        "INSERT INTO pauses (queue, reason, since, until, failures) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (queue) DO UPDATE SET reason = $2, until = $4, failures = $5
         WHERE pauses.reason <> 'paused'",
        queue.name(),
        reason.as_str(),
        now.0,
        until.0,
        failures,
    )?;
    Ok(())
}

/// Ends a pause of X's: a post got through. Everything that waited for it is due at once.
pub(super) async fn lift(tx: &mut Tx, queue: Queue, now: Timestamp) -> LedgerResult<bool> {
    let lifted = execute!(
        tx,
        "DELETE FROM pauses WHERE queue = $1 AND reason <> 'paused'",
        queue.name()
    )?;
    if lifted > 0 {
        execute!(
            tx,
            "UPDATE texts SET next_attempt_at = $1, woken_at = 0
             WHERE state = 'waiting' AND reason = 'money' AND lease_owner IS NULL",
            now.0,
        )?;
        let first = fetch_all!(
            tx,
            (String,),
            "SELECT sid FROM texts WHERE state = 'waiting' AND reason = 'money' AND next_attempt_at = $1
             ORDER BY arrival LIMIT $2",
            now.0,
            WOKEN_AT_ONCE,
        )?;
        for (sid,) in first {
            queue::push(tx, &Job::tweet(&sid), now, now).await?;
        }
    }
    Ok(lifted > 0)
}

impl Ledger {
    /// Every pause.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn pauses(&self) -> LedgerResult<Vec<PauseRow>> {
        let mut tx = self.read().await?;
        Ok(fetch_all!(
            &mut tx,
            PauseRow,
            "SELECT * FROM pauses ORDER BY queue"
        )?)
    }

    /// The operator pauses a queue until the operator resumes it.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn pause_queue(&self, queue: Queue, now: Timestamp) -> LedgerResult<()> {
        let mut tx = self.write().await?;
        execute!(
            &mut tx,
            "INSERT INTO pauses (queue, reason, since, until, failures) VALUES ($1, 'paused', $2, $2, 0)
             ON CONFLICT (queue) DO UPDATE SET reason = 'paused'",
            queue.name(),
            now.0,
        )?;
        tx.commit().await
    }

    /// The operator resumes a queue, whatever paused it: what waits is due at once.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn resume_queue(&self, queue: Queue, now: Timestamp) -> LedgerResult<bool> {
        let mut tx = self.write().await?;
        let resumed = execute!(&mut tx, "DELETE FROM pauses WHERE queue = $1", queue.name())?;
        if queue == Queue::Tweet {
            execute!(
                &mut tx,
                "UPDATE texts SET next_attempt_at = $1, woken_at = 0
                 WHERE state = 'waiting' AND reason IN ('paused', 'money') AND lease_owner IS NULL",
                now.0,
            )?;
        }
        tx.commit().await?;
        Ok(resumed > 0)
    }
}
