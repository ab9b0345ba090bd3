//! The operator's pause of a queue, and what happens when the operator resumes it.

use birdcall_domain::{clock::Timestamp, text::Reason, wording};

use crate::{
    Dialect, Ledger, LedgerResult, Tx,
    audit::{self, By},
    pauses,
    queue::Queue,
    stored::known,
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

/// What pausing or resuming a queue found and did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PauseChange {
    /// Why the queue was paused before, and since when, if it was.
    pub was: Option<(Reason, Timestamp)>,
    /// Whether anything changed.
    pub changed: bool,
}

impl PauseChange {
    /// What was there before, for the audit.
    fn detail(&self) -> String {
        match self.was {
            None => "it was not paused".to_owned(),
            Some((reason, since)) => {
                format!(
                    "it was paused {} since {}",
                    cause(reason),
                    wording::at(since)
                )
            }
        }
    }
}

/// What paused a queue.
fn cause(reason: Reason) -> String {
    match reason {
        Reason::Paused => "by an operator".to_owned(),
        Reason::Money => "because the credit at X was used up".to_owned(),
        Reason::RateLimit => "because a limit of the X app was reached".to_owned(),
        reason => format!("for the reason {reason}"),
    }
}

async fn pause_of(tx: &mut Tx, queue: Queue) -> LedgerResult<Option<(Reason, Timestamp)>> {
    let sql = "SELECT reason, since FROM pauses WHERE queue = $1";
    let row = fetch_optional!(tx, (String, i64), sql, queue.as_str())?;
    row.map(|(reason, since)| {
        let reason = known("pauses.reason", &reason, Reason::parse)?;
        Ok((reason, Timestamp(since)))
    })
    .transpose()
}

impl Ledger {
    /// Pauses a queue at the operator's word, until the operator resumes it. What changes nothing is not
    /// in the audit.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`]; nothing was changed.
    pub async fn pause_queue(
        &self,
        queue: Queue,
        by: By<'_>,
        now: Timestamp,
    ) -> LedgerResult<PauseChange> {
        let mut tx = self.write("pause_queue").await?;
        let was = pause_of(&mut tx, queue).await?;
        if let Some((Reason::Paused, since)) = was {
            let was = Some((Reason::Paused, since));
            return Ok(PauseChange {
                was,
                changed: false,
            });
        }
        let paused = execute!(
            tx,
            "INSERT INTO pauses (queue, reason, since, until, failures) VALUES ($1, 'paused', $2, $2, 0)
             ON CONFLICT (queue) DO UPDATE SET reason = 'paused' WHERE pauses.reason <> 'paused'",
            queue.as_str(),
            now.0,
        )?;
        if paused == 0 {
            // Another operator was faster.
            let was = Some((Reason::Paused, now));
            return Ok(PauseChange {
                was,
                changed: false,
            });
        }
        let change = PauseChange { was, changed: true };
        let detail = change.detail();
        audit::record_by(&mut tx, by, "pause", queue.as_str(), &detail, now).await?;
        tx.commit().await?;
        Ok(change)
    }

    /// Resumes a queue at the operator's word, whatever the reason for the pause was: what waits is
    /// due at once, except for texts whose own limit at X lasts longer than the pause would have.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`]; what was released before stays released.
    pub async fn resume_queue(
        &self,
        queue: Queue,
        by: By<'_>,
        now: Timestamp,
    ) -> LedgerResult<PauseChange> {
        let mut tx = self.write("resume_queue").await?;
        let sql = "DELETE FROM pauses WHERE queue = $1 RETURNING reason, since, until";
        let resumed = fetch_optional!(tx, (String, i64, i64), sql, queue.as_str())?;
        let until = resumed
            .as_ref()
            .map_or(now, |(_, _, until)| Timestamp(*until));
        pauses::wake(&mut tx, queue, until, now).await?;
        let released = release(&mut tx, queue, now).await?;
        let was = match resumed {
            Some((reason, since, _)) => {
                let reason = known("pauses.reason", &reason, Reason::parse)?;
                Some((reason, Timestamp(since)))
            }
            None => None,
        };
        let change = PauseChange {
            was,
            changed: was.is_some(),
        };
        if change.changed {
            let detail = change.detail();
            audit::record_by(&mut tx, by, "resume", queue.as_str(), &detail, now).await?;
        }
        tx.commit().await?;
        if released == RELEASED_AT_ONCE {
            self.release_held(queue, now).await?;
        }
        Ok(change)
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
