//! Pauses: what a whole queue waits for, and which text tries first when the wait is over.

use std::time::Duration;

use birdcall_domain::{
    backoff::Backoff,
    clock::Timestamp,
    text::{Pause, Paused, Reason},
    wording,
};
use serde::Serialize;

use crate::{
    Ledger, LedgerError, LedgerResult, Tx,
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
    /// Tries that failed, one after the other. Calls that were under way together count as one.
    pub failures: u32,
    /// When X said that it would end, if X said so.
    #[serde(skip)]
    pub promised: Option<Timestamp>,
    /// When the last failure was counted.
    #[serde(skip)]
    counted_at: Timestamp,
}

impl PausedQueue {
    /// The pause in a few words: since when, and what ends it.
    #[must_use]
    pub fn told(&self, now: Timestamp) -> String {
        let since = wording::age(self.since, now);
        match self.reason {
            Reason::Paused => format!("by an operator, {since}"),
            reason => {
                let next = wording::age(self.until, now);
                format!("{reason}, {since}; next try {next}")
            }
        }
    }

    /// A pause that the operator ends, and not X.
    fn is_the_operators(&self) -> bool {
        self.reason == Reason::Paused
    }
}

/// A row of `pauses`.
#[derive(sqlx::FromRow)]
struct PauseRecord {
    queue: String,
    reason: String,
    since: i64,
    until: i64,
    failures: i64,
    promised_until: Option<i64>,
    counted_at: i64,
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
            promised: row.promised_until.map(Timestamp),
            counted_at: Timestamp(row.counted_at),
        })
    }
}

/// Texts that are woken when a pause ends; the sweep wakes the rest.
const WOKEN_AT_ONCE: i64 = 500;

async fn paused(tx: &mut Tx, queue: Queue) -> LedgerResult<Option<PausedQueue>> {
    let sql = "SELECT * FROM pauses WHERE queue = $1";
    let row = fetch_optional!(tx, PauseRecord, sql, queue.as_str())?;
    row.map(PausedQueue::try_from).transpose()
}

/// The pause of the queue. `None`: it is not paused. A pause whose time is over does not count, even
/// if no call has been tried since. The operator's pause has no end: [`Timestamp::UNTIL_RESUMED`].
pub(crate) async fn look(
    tx: &mut Tx,
    queue: Queue,
    now: Timestamp,
) -> LedgerResult<Option<Paused>> {
    let Some(pause) = paused(tx, queue).await? else {
        return Ok(None);
    };
    let until = match pause.reason {
        Reason::Paused => Timestamp::UNTIL_RESUMED,
        _ => pause.until,
    };
    Ok((until > now).then_some(Paused {
        until,
        reason: pause.reason,
        promised: pause.promised,
    }))
}

/// The same for a text that is about to be posted. When a wait is over, the first text to ask is the
/// probe: it goes on, and everybody else waits for `lease` longer.
pub(crate) async fn probe(
    tx: &mut Tx,
    queue: Queue,
    now: Timestamp,
    lease: Duration,
) -> LedgerResult<Option<Paused>> {
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

/// Pauses the queue for a reason of X's; every failed probe makes the wait longer. `began_at` is when
/// the call that failed was announced: a call that was under way when the pause began, or when the
/// last probe failed, is no probe. An operator's pause is left as it is.
pub(crate) async fn pause(
    tx: &mut Tx,
    queue: Queue,
    pause: Pause,
    began_at: Timestamp,
    now: Timestamp,
    backoff: Backoff,
) -> LedgerResult<()> {
    let before = paused(tx, queue).await?;
    if before.as_ref().is_some_and(PausedQueue::is_the_operators) {
        return Ok(());
    }
    let guess = |failures| now + backoff.delay(failures, 1.0);
    let (failures, counted_at) = match before {
        Some(before) if began_at <= before.counted_at => {
            // It tells nothing new, unless X names a later moment.
            if pause.until.is_none_or(|until| until <= before.until) {
                return Ok(());
            }
            (before.failures, before.counted_at)
        }
        Some(before) => (before.failures + 1, now),
        None => (1, now),
    };
    let until = pause.until.unwrap_or(guess(failures));
    execute!(
        tx,
        "INSERT INTO pauses (queue, reason, since, until, failures, promised_until, counted_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (queue) DO UPDATE
         SET reason = $2, until = $4, failures = $5, promised_until = $6, counted_at = $7
         WHERE pauses.reason <> 'paused'",
        queue.as_str(),
        pause.reason.as_str(),
        now.0,
        until.0,
        i64::from(failures),
        pause.until.map(|at| at.0),
        counted_at.0,
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
    wake(tx, queue, Timestamp(until), now).await?;
    if queue != Queue::Tweet {
        return Ok(());
    }
    let first = fetch_all!(
        tx,
        (String,),
        "SELECT sid FROM texts
         WHERE state = 'waiting' AND reason IN ('money', 'operator', 'rate_limit') AND next_attempt_at = $1
         ORDER BY arrival LIMIT $2",
        now.0,
        WOKEN_AT_ONCE,
    )?;
    for (sid,) in first {
        queue::push(tx, &Job::tweet(&read_sid(&sid)?), now, now).await?;
    }
    Ok(())
}

/// Makes due what waited for a pause of X's or Twilio's that lasted until `until`. A text that waits
/// for a limit beyond that waits for a limit of its own.
pub(crate) async fn wake(
    tx: &mut Tx,
    queue: Queue,
    until: Timestamp,
    now: Timestamp,
) -> LedgerResult<()> {
    let sql = match queue {
        Queue::Tweet => {
            "UPDATE texts SET next_attempt_at = $1, woken_at = 0
             WHERE state = 'waiting' AND lease_owner IS NULL AND reason IN ('money', 'operator', 'rate_limit')
                 AND (reason <> 'rate_limit' OR next_attempt_at <= $2)"
        }
        // A reply takes the end of the pause that it finds.
        Queue::Reply => {
            "UPDATE replies SET next_attempt_at = $1, woken_at = 0
             WHERE next_attempt_at = $2 AND state = 'queued' AND lease_owner IS NULL"
        }
        _ => return Ok(()),
    };
    execute!(tx, sql, now.0, until.0)?;
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
}
