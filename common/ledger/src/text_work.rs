//! Work on texts: claim, arm, settle; and whose turn it is.

use birdcall_domain::{
    backoff::Backoff,
    clock::Timestamp,
    settlement::Settlement,
    text::{Reason, TextState, blocks},
};

use super::{
    Ledger, LedgerError, LedgerResult, Tx, accounts,
    claim::Claimant,
    execute, fetch_all, fetch_optional, known, lanes, pauses,
    replies::{self, NewReply},
    texts::TextRow,
};
use crate::{
    jobs::{Job, Queue},
    queue::{self, Priority},
};

/// What a claim finds.
pub enum Claim {
    /// Nothing to do: no such text, final, held by another, or not due yet.
    Nothing,
    /// An earlier text of the same phone comes first; its end wakes this one.
    Blocked,
    /// It is ours until the lease ends.
    Held(Box<Held>),
}

/// What arming found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arming {
    /// It is on disk that the call is made: the attempt's number.
    Armed {
        /// 1 is the first.
        attempt: i64,
    },
    /// An earlier text of the same phone comes first; it was let go, and that one's end wakes it.
    Blocked,
    /// The queue waits, and another text tries first; it is still held.
    Paused {
        /// Until then.
        until: Timestamp,
        /// Why.
        reason: Reason,
    },
    /// Another worker has it: nothing may be called.
    LeaseLost,
}

/// A text in hand.
pub struct Held {
    /// The row as the claim found it, lease aside.
    pub text: TextRow,
    /// Whether the worker before us died with an armed attempt.
    pub died: bool,
    /// The queue waits: until then, and why.
    pub paused: Option<(Timestamp, Reason)>,
}

/// What settling writes beside the text itself.
pub struct TextOutcome<'a> {
    /// The new state.
    pub settlement: &'a Settlement,
    /// How the armed attempt ended, and why; `None` when none was armed.
    pub attempt: Option<(&'static str, Option<String>)>,
    /// What the phone is told.
    pub reply: Option<NewReply>,
    /// For pauses.
    pub backoff: Backoff,
    /// The account and the version of its tokens that X refused for good.
    pub disconnect: Option<(&'a str, i64)>,
}

/// A text that waits for its turn is looked at after so many leases even if nobody has woken it:
/// a net that nothing should ever fall into. Sooner, and a backlog would be busy looking at itself.
const ORDER_LOOKED_AT_AFTER: u32 = 10;

/// Which text is settled, as it was claimed.
#[derive(Clone, Copy)]
pub struct Settled<'a> {
    /// The row.
    pub text: &'a TextRow,
    /// Who claimed it.
    pub owner: &'a str,
    /// The number of the attempt that was armed; 0 when none ever was.
    pub attempt: i64,
}

impl Ledger {
    /// Claims a text: it becomes ours if it is due, nobody holds it and no earlier text of its
    /// phone comes first.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn claim_text(&self, sid: &str, by: Claimant<'_>) -> LedgerResult<Claim> {
        let Claimant { owner, lease, now } = by;
        let mut tx = self.write().await?;
        if lanes::lock_for_text(&mut tx, sid, now).await?.is_none() {
            return Ok(Claim::Nothing);
        }
        let text = fetch_optional!(&mut tx, TextRow, "SELECT * FROM texts WHERE sid = $1", sid)?;
        let Some(text) = text.filter(|text| text.next_attempt_at.is_some_and(|at| at <= now.0))
        else {
            return Ok(Claim::Nothing);
        };
        if text.lease_until.is_some_and(|until| until > now.0) {
            return Ok(Claim::Nothing);
        }
        if let Some(earlier_due) = earlier_open(&mut tx, &text).await? {
            let state = text.text_state()?;
            if matches!(state, TextState::Received | TextState::Waiting) {
                // Its predecessor's end wakes it, in one transaction with that end.
                let look_again = order_looked_at(by, earlier_due);
                execute!(
                    &mut tx,
                    "UPDATE texts SET state = 'waiting', reason = 'order', next_attempt_at = $2, lease_owner = NULL,
                         lease_until = NULL WHERE sid = $1",
                    sid,
                    look_again,
                )?;
                tx.commit().await?;
                return Ok(Claim::Blocked);
            }
        }
        let paused = match text.kind.as_str() {
            "post" => pauses::look(&mut tx, Queue::Tweet, now).await?,
            _ => None,
        };
        let until = (now + lease).0;
        execute!(
            &mut tx,
            "UPDATE texts SET lease_owner = $2, lease_until = $3, next_attempt_at = $3, woken_at = 0,
                 claims = claims + 1 WHERE sid = $1",
            sid,
            owner,
            until,
        )?;
        tx.commit().await?;
        let died = text.text_state()? == TextState::Publishing;
        Ok(Claim::Held(Box::new(Held { text, died, paused })))
    }

    /// Writes the attempt of a post down before the call is made, unless an earlier text has come
    /// before it since it was claimed (its phone's owner may have signed in again), or the queue
    /// waits and another text tries first.
    ///
    /// # Errors
    ///
    /// The database is not available; nothing may be called.
    pub async fn arm_text(&self, text: &TextRow, by: Claimant<'_>) -> LedgerResult<Arming> {
        let mut tx = self.write().await?;
        lanes::lock(&mut tx, &text.phone, by.now).await?;
        if let Some(earlier_due) = earlier_open(&mut tx, text).await? {
            let let_go = execute!(
                &mut tx,
                "UPDATE texts SET state = 'waiting', reason = 'order', next_attempt_at = $3, lease_owner = NULL,
                     lease_until = NULL, claims = 0 WHERE sid = $1 AND lease_owner = $2",
                &text.sid,
                by.owner,
                order_looked_at(by, earlier_due),
            )?;
            tx.commit().await?;
            return Ok(if let_go > 0 {
                Arming::Blocked
            } else {
                Arming::LeaseLost
            });
        }
        // The pause before the text: who ends a pause writes them in this order.
        let paused = pauses::probe(&mut tx, Queue::Tweet, by.now, by.lease).await?;
        if let Some((until, reason)) = paused {
            return Ok(Arming::Paused { until, reason });
        }
        let until = (by.now + by.lease).0;
        let armed = fetch_optional!(
            &mut tx,
            (i64,),
            "UPDATE texts SET state = 'publishing', reason = NULL, attempts = attempts + 1,
                 lease_until = $3, next_attempt_at = $3
             WHERE sid = $1 AND lease_owner = $2 RETURNING attempts",
            &text.sid,
            by.owner,
            until,
        )?;
        let Some((number,)) = armed else {
            return Ok(Arming::LeaseLost);
        };
        execute!(
            &mut tx,
            "INSERT INTO attempts (sid, number, started_at) VALUES ($1, $2, $3)",
            &text.sid,
            number,
            by.now.0,
        )?;
        tx.commit().await?;
        Ok(Arming::Armed { attempt: number })
    }

    /// Gives a claim back: nothing was done with it, since the database failed in between. It does
    /// not count as one that its worker died with. What is armed is not given back.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn give_text_back(&self, sid: &str, owner: &str, now: Timestamp) -> LedgerResult<()> {
        let mut tx = self.write().await?;
        execute!(
            &mut tx,
            "UPDATE texts SET lease_owner = NULL, lease_until = NULL, next_attempt_at = $3, claims = claims - 1
             WHERE sid = $1 AND lease_owner = $2 AND state <> 'publishing'",
            sid,
            owner,
            now.0,
        )?;
        tx.commit().await
    }

    /// Writes what became of a text, all at once: its state, the attempt's record, the reply, the
    /// next job, the pause, the account. `false`: another worker settled it; only a proof that it
    /// was posted is then still written.
    ///
    /// # Errors
    ///
    /// The database is not available; nothing was written.
    pub async fn settle_text(
        &self,
        settled: Settled<'_>,
        outcome: &TextOutcome<'_>,
        now: Timestamp,
    ) -> LedgerResult<bool> {
        let Settled { text, attempt, .. } = settled;
        let mut tx = self.write().await?;
        lanes::lock(&mut tx, &text.phone, now).await?;
        if let Some((account_id, version)) = outcome.disconnect {
            accounts::disconnect(&mut tx, account_id, version).await?;
        }
        // Whoever took the text saw nobody signed in. Whether somebody is by now is asked behind the
        // lock: that sign-in has not seen this text waiting, and nobody else will wake it.
        let signed_in = outcome.settlement.reason == Some(Reason::SignIn)
            && accounts::is_active(&mut tx, &text.phone).await?;
        let overtaken = signed_in.then(|| {
            let (settlement, deadline_at) = (outcome.settlement, Timestamp(text.deadline_at));
            settlement.clone().signed_in(deadline_at, now)
        });
        let settlement = overtaken.as_ref().unwrap_or(outcome.settlement);
        if !write_settlement(&mut tx, settled, settlement, outcome, now).await? {
            return Ok(false);
        }
        if let Some((word, error)) = &outcome.attempt {
            execute!(
                &mut tx,
                "UPDATE attempts SET ended_at = $3, outcome = $4, error = $5
                 WHERE sid = $1 AND number = $2 AND ended_at IS NULL",
                &text.sid,
                attempt,
                now.0,
                *word,
                error.as_deref(),
            )?;
        }
        if let Some(pause) = settlement.pause {
            pauses::pause(
                &mut tx,
                Queue::Tweet,
                pause.reason,
                pause.until,
                now,
                outcome.backoff,
            )
            .await?;
        }
        if settlement.state == TextState::Published && text.kind == "post" {
            pauses::lift(&mut tx, Queue::Tweet, now).await?;
        }
        if let Some(reply) = outcome.reply.as_ref().filter(|_| !signed_in) {
            replies::insert(&mut tx, reply, now).await?;
        }
        if let Some(at) = settlement.next_attempt_at {
            queue::push(&mut tx, &Job::for_text(&text.kind, &text.sid), at, now).await?;
        }
        let blocks = blocks(
            settlement.state,
            settlement.reason,
            settlement.next_attempt_at,
        );
        if !blocks {
            wake_next(&mut tx, &text.phone, Next::Any, now).await?;
        }
        // A command does not wait for what waits, be it this text or one before it.
        wake_next(&mut tx, &text.phone, Next::Command, now).await?;
        tx.commit().await?;
        if signed_in {
            tracing::info!(
                text.sid = text.sid,
                "signed in meanwhile: it goes on at once"
            );
        }
        Ok(true)
    }
}

fn order_looked_at(by: Claimant<'_>, earlier_due: i64) -> i64 {
    (by.now + by.lease * ORDER_LOOKED_AT_AFTER)
        .0
        .max(earlier_due)
}

/// When the earliest text that must end before `text` is due, if there is one.
async fn earlier_open(tx: &mut Tx, text: &TextRow) -> LedgerResult<Option<i64>> {
    let open = fetch_all!(
        tx,
        (String, String, Option<String>, i64),
        "SELECT kind, state, reason, next_attempt_at FROM texts
         WHERE phone = $1 AND arrival < $2 AND next_attempt_at IS NOT NULL ORDER BY arrival",
        &text.phone,
        text.arrival,
    )?;
    // A command is done once what was under way before it is over; it does not wait for what waits
    // itself, nor for what is queued behind that: who texts \STOP or \UNDO means also what is not
    // posted yet.
    let mut behind_a_wait = false;
    for (kind, state, reason, due) in open {
        let state = known("texts.state", &state, TextState::parse)?;
        let reason = reason
            .map(|word| known("texts.reason", &word, Reason::parse))
            .transpose()?;
        if text.kind == "command" && kind == "post" {
            let waits_itself = match state {
                TextState::Waiting => reason != Some(Reason::Order),
                TextState::InDoubt => true,
                _ => false,
            };
            let queued = matches!(state, TextState::Waiting | TextState::Received);
            behind_a_wait |= waits_itself;
            if waits_itself || (behind_a_wait && queued) {
                continue;
            }
        }
        if blocks(state, reason, Some(Timestamp(due))) {
            return Ok(Some(due));
        }
    }
    Ok(None)
}

/// Whose turn it may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Any text's.
    Any,
    /// A command's only: a post waits in front.
    Command,
}

/// The next text of the phone that waits for its turn is due at once.
pub(super) async fn wake_next(
    tx: &mut Tx,
    phone: &str,
    which: Next,
    now: Timestamp,
) -> LedgerResult<()> {
    let next = fetch_optional!(
        tx,
        (String, String, i64),
        "UPDATE texts SET next_attempt_at = $2, woken_at = $2 WHERE sid = (
             SELECT sid FROM texts WHERE phone = $1 AND state = 'waiting' AND reason = 'order'
             AND next_attempt_at IS NOT NULL AND ($3 = 1 OR kind = 'command') ORDER BY arrival LIMIT 1)
         RETURNING sid, kind, received_at",
        phone,
        now.0,
        i64::from(which == Next::Any),
    )?;
    if let Some((sid, kind, received_at)) = next {
        let job = Job::for_text(&kind, &sid);
        queue::push_overdue(tx, &job, Timestamp(received_at), Priority::Begun).await?;
    }
    Ok(())
}

async fn write_settlement(
    tx: &mut Tx,
    settled: Settled<'_>,
    settlement: &Settlement,
    outcome: &TextOutcome<'_>,
    now: Timestamp,
) -> LedgerResult<bool> {
    let Settled {
        text,
        owner,
        attempt,
    } = settled;
    let published = settlement.state == TextState::Published;
    // Whoever holds the lease settles. A proof that it was posted is written even without the
    // lease, as long as no further attempt was armed: it is the truth, and stops the resolving.
    let done = execute!(
        tx,
        "UPDATE texts SET state = $3, reason = $4, next_attempt_at = $5, deadline_at = $6, failures = $7,
             checks = $8, doubted = $9, unauthorized_version = $10, post_id = COALESCE($11, post_id),
             published_at = COALESCE($12, published_at), error = $13, lease_owner = NULL,
             lease_until = NULL, claims = 0, deaths = $16, woken_at = 0
         WHERE sid = $1 AND (lease_owner = $2
             OR ($14 = 1 AND attempts = $15 AND state IN ('publishing', 'in_doubt')))",
        &text.sid,
        owner,
        settlement.state.as_str(),
        settlement.reason.map(Reason::as_str),
        settlement.next_attempt_at.map(|at| at.0),
        settlement.deadline_at.0,
        i64::from(settlement.failures),
        i64::from(settlement.checks),
        i64::from(settlement.doubted),
        settlement.unauthorized_version,
        settlement.post_id.as_deref(),
        published.then_some(now.0),
        outcome.attempt.as_ref().and_then(|(_, error)| error.as_deref()),
        i64::from(published),
        attempt,
        i64::from(settlement.deaths),
    );
    match done {
        Ok(rows) => Ok(rows > 0),
        // The post is another text's already, which the look-up excludes: a defect, not a state.
        Err(error)
            if error
                .as_database_error()
                .is_some_and(|e| e.is_unique_violation()) =>
        {
            Err(LedgerError::Inconsistent(
                "one post was found for two texts".to_owned(),
            ))
        }
        Err(error) => Err(error.into()),
    }
}
