//! The operator's pause of a queue, and what happens when the operator resumes it.

use birdcall_domain::clock::Timestamp;

use crate::{
    Dialect, Ledger, LedgerResult, Tx, pauses,
    queue::Queue,
    transaction::{execute, fetch_optional},
};

/// Rows that one transaction makes due when an operator resumes a queue. Other writers wait for it, so
/// it is short, however much was held.
const RELEASED_AT_ONCE: u64 = 10_000;

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

impl Ledger {
    /// Pauses a queue at the operator's word, until the operator resumes it.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
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
    /// See [`crate::LedgerError`].
    pub async fn resume_queue(&self, queue: Queue, now: Timestamp) -> LedgerResult<bool> {
        let mut tx = self.write("resume_queue").await?;
        let sql = "DELETE FROM pauses WHERE queue = $1 RETURNING until";
        let resumed = fetch_optional!(tx, (i64,), sql, queue.as_str())?;
        let until = resumed.map_or(now, |(until,)| Timestamp(until));
        pauses::wake(&mut tx, queue, until, now).await?;
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
    /// See [`crate::LedgerError`]; what was released before stays released.
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
