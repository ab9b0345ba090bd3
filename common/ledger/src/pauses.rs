//! Pauses: what a whole queue waits for, and which text tries first when the wait is over.

use std::time::Duration;

use birdcall_domain::{
    backoff::Backoff,
    clock::Timestamp,
    text::{Pause, Reason},
};
use serde::Serialize;

use crate::{
    Dialect, Ledger, LedgerError, LedgerResult, Tx,
    queue::{self, Job, Queue},
    stored::{count, known},
    texts::read_sid,
    transaction::{execute, fetch_all, fetch_optional},
};

/// A queue that is paused.
#[derive(Clone, Debug, Serialize)]
pub struct PausedQueue {
    /// The queue.
    pub queue: Queue,
    /// X's credit or limit, or the operator.
    pub reason: Reason,
    /// Since when, in Unix milliseconds as JSON.
    pub since: Timestamp,
    /// When one text tries, in Unix milliseconds as JSON. It means nothing for the operator's pause.
    pub until: Timestamp,
    /// Tries that failed.
    pub failures: u32,
}

/// A row of `pauses`.
#[derive(sqlx::FromRow)]
struct PauseRecord {
    queue: String,
    reason: String,
    since: i64,
    until: i64,
    failures: i64,
}

impl TryFrom<PauseRecord> for PausedQueue {
    type Error = LedgerError;

    fn try_from(row: PauseRecord) -> LedgerResult<Self> {
        Ok(Self {
            queue: known("pauses.queue", &row.queue, Queue::parse)?,
            reason: known("pauses.reason", &row.reason, Reason::parse)?,
            since: Timestamp(row.since),
            until: Timestamp(row.until),
            failures: count(row.failures),
        })
    }
}

/// Texts that are woken when a pause ends; the sweep wakes the rest.
const WOKEN_AT_ONCE: i64 = 500;
/// Rows that one transaction makes due when an operator resumes a queue. Other writers wait for it, so
/// it is short, however much was held.
const RELEASED_AT_ONCE: u64 = 10_000;

async fn paused(tx: &mut Tx, queue: Queue) -> LedgerResult<Option<PausedQueue>> {
    let sql = "SELECT * FROM pauses WHERE queue = $1";
    let row = fetch_optional!(tx, PauseRecord, sql, queue.as_str())?;
    row.map(PausedQueue::try_from).transpose()
}

/// Until when the queue is paused, and why. `None`: it is not paused. A pause whose time is over does
/// not count, even if no call has been tried since. The operator's pause has no end:
/// [`Timestamp::UNTIL_RESUMED`].
pub(crate) async fn look(
    tx: &mut Tx,
    queue: Queue,
    now: Timestamp,
) -> LedgerResult<Option<(Timestamp, Reason)>> {
    let Some(pause) = paused(tx, queue).await? else {
        return Ok(None);
    };
    let until = match pause.reason {
        Reason::Paused => Timestamp::UNTIL_RESUMED,
        _ => pause.until,
    };
    Ok((until > now).then_some((until, pause.reason)))
}

/// Whether the operator's pause of the queue is still there, for a row that is about to wait for its
/// end. The operator may have resumed the queue since the row was claimed: that did not wake this row,
/// which was not yet waiting. On PostgreSQL the lock makes the two wait for each other.
pub(crate) async fn still_held(tx: &mut Tx, queue: Queue) -> LedgerResult<bool> {
    let sql = match tx.dialect() {
        Dialect::Sqlite => "SELECT queue FROM pauses WHERE queue = $1 AND reason = 'paused'",
        Dialect::Postgres => {
            "SELECT queue FROM pauses WHERE queue = $1 AND reason = 'paused' FOR SHARE"
        }
    };
    let held = fetch_optional!(tx, (String,), sql, queue.as_str())?;
    Ok(held.is_some())
}

/// Makes some of what waited for the operator due, and returns how many rows. Texts that wait behind
/// such a text are among them: each looks once whether it is its turn.
async fn release(tx: &mut Tx, queue: Queue, now: Timestamp) -> LedgerResult<u64> {
    let sql = match queue {
        Queue::Tweet => {
            "UPDATE texts SET next_attempt_at = $1, woken_at = 0 WHERE sid IN (
                 SELECT sid FROM texts WHERE next_attempt_at = $2 AND lease_owner IS NULL LIMIT $3)"
        }
        Queue::Reply => {
            "UPDATE replies SET next_attempt_at = $1, woken_at = 0 WHERE id IN (
                 SELECT id FROM replies WHERE next_attempt_at = $2 AND lease_owner IS NULL LIMIT $3)"
        }
        _ => return Ok(0),
    };
    let until_resumed = Timestamp::UNTIL_RESUMED.0;
    Ok(execute!(
        tx,
        sql,
        now.0,
        until_resumed,
        RELEASED_AT_ONCE as i64
    )?)
}

/// The same for a text that is about to be posted. When a wait is over, the first text to ask is the
/// probe: it goes on, and everybody else waits for `lease` longer.
pub(crate) async fn probe(
    tx: &mut Tx,
    queue: Queue,
    now: Timestamp,
    lease: Duration,
) -> LedgerResult<Option<(Timestamp, Reason)>> {
    let won = execute!(
        tx,
        "UPDATE pauses SET until = $2 WHERE queue = $1 AND until <= $3 AND reason <> 'paused'",
        queue.as_str(),
        (now + lease).0,
        now.0,
    )?;
    if won > 0 {
        return Ok(None);
    }
    look(tx, queue, now).await
}

/// Pauses the queue for a reason of X's; every failed probe makes the wait longer. An operator's
/// pause is left as it is.
pub(crate) async fn pause(
    tx: &mut Tx,
    queue: Queue,
    pause: Pause,
    now: Timestamp,
    backoff: Backoff,
) -> LedgerResult<()> {
    let before = paused(tx, queue).await?;
    let failures = before.map_or(1, |pause| pause.failures + 1);
    let until = pause.until.unwrap_or(now + backoff.delay(failures, 1.0));
    execute!(
        tx,
        "INSERT INTO pauses (queue, reason, since, until, failures) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (queue) DO UPDATE SET reason = $2, until = $4, failures = $5
         WHERE pauses.reason <> 'paused'",
        queue.as_str(),
        pause.reason.as_str(),
        now.0,
        until.0,
        i64::from(failures),
    )?;
    Ok(())
}

/// Ends a pause of X's, because a post got through. Everything that waited for it is due at once. A
/// text that waits for a limit beyond the end of the pause waits for a limit of its own.
pub(crate) async fn lift(tx: &mut Tx, queue: Queue, now: Timestamp) -> LedgerResult<()> {
    let sql = "DELETE FROM pauses WHERE queue = $1 AND reason <> 'paused' RETURNING until";
    let Some((until,)) = fetch_optional!(tx, (i64,), sql, queue.as_str())? else {
        return Ok(());
    };
    execute!(
        tx,
        "UPDATE texts SET next_attempt_at = $1, woken_at = 0
         WHERE state = 'waiting' AND lease_owner IS NULL
             AND (reason = 'money' OR (reason = 'rate_limit' AND next_attempt_at <= $2))",
        now.0,
        until,
    )?;
    let first = fetch_all!(
        tx,
        (String,),
        "SELECT sid FROM texts WHERE state = 'waiting' AND reason IN ('money', 'rate_limit') AND next_attempt_at = $1
         ORDER BY arrival LIMIT $2",
        now.0,
        WOKEN_AT_ONCE,
    )?;
    for (sid,) in first {
        queue::push(tx, &Job::tweet(&read_sid(&sid)?), now, now).await?;
    }
    Ok(())
}

impl Ledger {
    /// Every queue that is paused.
    ///
    /// # Errors
    ///
    /// See [`LedgerError`].
    pub async fn pauses(&self) -> LedgerResult<Vec<PausedQueue>> {
        let mut tx = self.read("pauses").await?;
        let rows = fetch_all!(tx, PauseRecord, "SELECT * FROM pauses ORDER BY queue")?;
        rows.into_iter().map(PausedQueue::try_from).collect()
    }

    /// Pauses a queue at the operator's word, until the operator resumes it.
    ///
    /// # Errors
    ///
    /// See [`LedgerError`].
    pub async fn pause_queue(&self, queue: Queue, now: Timestamp) -> LedgerResult<()> {
        let mut tx = self.write("pause_queue").await?;
        execute!(
            tx,
            "INSERT INTO pauses (queue, reason, since, until, failures) VALUES ($1, 'paused', $2, $2, 0)
             ON CONFLICT (queue) DO UPDATE SET reason = 'paused'",
            queue.as_str(),
            now.0,
        )?;
        tx.commit().await
    }

    /// Resumes a queue at the operator's word, whatever the reason for the pause was: what waits is
    /// due at once, except for texts whose own limit at X lasts longer than the pause would have.
    /// `false`: it was not paused.
    ///
    /// # Errors
    ///
    /// See [`LedgerError`].
    pub async fn resume_queue(&self, queue: Queue, now: Timestamp) -> LedgerResult<bool> {
        let mut tx = self.write("resume_queue").await?;
        let sql = "DELETE FROM pauses WHERE queue = $1 RETURNING until";
        let resumed = fetch_optional!(tx, (i64,), sql, queue.as_str())?;
        if queue == Queue::Tweet {
            execute!(
                tx,
                "UPDATE texts SET next_attempt_at = $1, woken_at = 0
                 WHERE state = 'waiting' AND lease_owner IS NULL
                     AND (reason = 'money' OR (reason = 'rate_limit' AND next_attempt_at <= $2))",
                now.0,
                resumed.map_or(now.0, |(until,)| until),
            )?;
        }
        let released = release(&mut tx, queue, now).await?;
        tx.commit().await?;
        if released == RELEASED_AT_ONCE {
            self.release_held(queue, now).await?;
        }
        Ok(resumed.is_some())
    }

    /// Makes everything due that waits until an operator resumes the queue, unless an operator's pause
    /// holds it. `resume_queue` does the same; this is for what was left behind, because the process
    /// died, or because a text came to wait behind another one in that moment.
    ///
    /// # Errors
    ///
    /// See [`LedgerError`]; what was released before stays released.
    pub async fn release_held(&self, queue: Queue, now: Timestamp) -> LedgerResult<()> {
        loop {
            let mut tx = self.write("release_held").await?;
            if still_held(&mut tx, queue).await? {
                return Ok(());
            }
            let released = release(&mut tx, queue, now).await?;
            tx.commit().await?;
            if released < RELEASED_AT_ONCE {
                return Ok(());
            }
        }
    }
}
