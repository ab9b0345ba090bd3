//! Claims a text, and announces the call that posts it.

use std::time::Duration;

use birdcall_domain::{
    clock::Timestamp,
    text::{Kind, MessageSid, Paused, TextState},
};

use super::{Text, TextRecord, turns::earlier_open};
use crate::{
    Ledger, LedgerResult, lanes,
    lease::{Claimant, Lease},
    pauses,
    queue::Queue,
    stored::count,
    transaction::{execute, fetch_optional},
};

/// What a claim finds.
pub enum Claim {
    /// Nothing to do: there is no such text, it has ended, another worker holds it, or it is not due.
    Nothing,
    /// An earlier text of the same phone comes first; its end wakes this one.
    Blocked,
    /// The text is ours until the lease ends.
    Held(Box<ClaimedText>),
}

/// A text that was claimed.
pub struct ClaimedText {
    /// The text, and the right to work on it.
    pub lease: Lease<Text>,
    /// The pause of posting, if there is one.
    pub paused: Option<Paused>,
}

/// What arming found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arming {
    /// The ledger says that the call with this number is made; 1 is the first.
    Armed {
        /// The number of the call.
        attempt: u32,
    },
    /// An earlier text of the same phone comes first. This one was released; the end of the earlier
    /// one wakes it.
    Blocked,
    /// Posting is paused, and another text tries first. This one is still held.
    Paused(Paused),
    /// Another worker has it: nothing may be called.
    LeaseLost,
}

/// A text that waits for its turn is looked at again after this many leases even if nobody wakes it.
/// Normally the end of the earlier text wakes it. A shorter time would make a backlog check itself
/// all the time.
const LOOKED_AT_AFTER_LEASES: u32 = 10;

impl Ledger {
    /// Claims a text: it is ours if it is due, nobody holds it, and no earlier text of its phone
    /// comes first.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn claim_text(&self, sid: &MessageSid, by: Claimant<'_>) -> LedgerResult<Claim> {
        let now = by.now;
        let mut tx = self.write("claim_text").await?;
        if lanes::lock_for_text(&mut tx, sid, now).await?.is_none() {
            return Ok(Claim::Nothing);
        }
        let sql = "SELECT * FROM texts WHERE sid = $1";
        let Some(row) = fetch_optional!(tx, TextRecord, sql, sid.as_str())? else {
            return Ok(Claim::Nothing);
        };
        let text = Text::try_from(row)?;
        let due = text.progress.next_attempt_at.is_some_and(|at| at <= now);
        let held = text.lease_until.is_some_and(|until| until > now);
        if !due || held {
            return Ok(Claim::Nothing);
        }
        if matches!(
            text.progress.state,
            TextState::Received | TextState::Waiting
        ) && let Some(earlier_due) = earlier_open(&mut tx, &text, now).await?
        {
            // The end of the earlier text wakes this one, in one transaction with that end.
            execute!(
                tx,
                "UPDATE texts SET state = 'waiting', reason = 'order', next_attempt_at = $2, lease_owner = NULL,
                     lease_until = NULL WHERE sid = $1",
                sid.as_str(),
                look_again(by, earlier_due).0,
            )?;
            tx.commit().await?;
            return Ok(Claim::Blocked);
        }
        let paused = match text.progress.kind {
            Kind::Post => pauses::look(&mut tx, Queue::Tweet, now).await?,
            _ => None,
        };
        execute!(
            tx,
            "UPDATE texts SET lease_owner = $2, lease_until = $3, next_attempt_at = $3, woken_at = 0,
                 claims = claims + 1 WHERE sid = $1",
            sid.as_str(),
            by.owner,
            (now + by.lease).0,
        )?;
        tx.commit().await?;
        let lease = Lease::new(text, by);
        Ok(Claim::Held(Box::new(ClaimedText { lease, paused })))
    }

    /// Notes which text the command in hand is about, before anything is done about it. A later
    /// worker that carries the command out again does it to the same text. `false`: another worker
    /// has the command.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`]; nothing may be done.
    pub async fn choose_target(
        &self,
        command: &Lease<Text>,
        target: &MessageSid,
    ) -> LedgerResult<bool> {
        let mut tx = self.write("choose_target").await?;
        let chosen = execute!(
            tx,
            "UPDATE texts SET target_sid = $3 WHERE sid = $1 AND lease_owner = $2",
            command.sid.as_str(),
            command.owner(),
            target.as_str(),
        )?;
        tx.commit().await?;
        Ok(chosen > 0)
    }

    /// Announces the call that posts a text, before it is made. It is refused when an earlier text
    /// has become due since the claim (the owner may have signed in again), or when posting is
    /// paused and another text tries first. `x_user_id` is X's id of the account that the call is made
    /// with; empty while X has not said it.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`]; nothing may be called.
    pub async fn arm_text(
        &self,
        lease: &mut Lease<Text>,
        x_user_id: &str,
        lasts: Duration,
        now: Timestamp,
    ) -> LedgerResult<Arming> {
        let owner = lease.owner().to_owned();
        let by = Claimant {
            owner: &owner,
            lease: lasts,
            now,
        };
        let mut tx = self.write("arm_text").await?;
        lanes::lock(&mut tx, lease.phone()?, now).await?;
        if let Some(earlier_due) = earlier_open(&mut tx, lease, now).await? {
            let let_go = execute!(
                tx,
                "UPDATE texts SET state = 'waiting', reason = 'order', next_attempt_at = $3, lease_owner = NULL,
                     lease_until = NULL, claims = 0 WHERE sid = $1 AND lease_owner = $2",
                lease.sid.as_str(),
                by.owner,
                look_again(by, earlier_due).0,
            )?;
            tx.commit().await?;
            return Ok(match let_go {
                0 => Arming::LeaseLost,
                _ => Arming::Blocked,
            });
        }
        // The pause before the text: the transaction that ends a pause writes them in this order.
        let paused = pauses::probe(&mut tx, Queue::Tweet, now, lasts).await?;
        if let Some(paused) = paused {
            return Ok(Arming::Paused(paused));
        }
        let until = now + lasts;
        let armed = fetch_optional!(
            tx,
            (i64,),
            "UPDATE texts SET state = 'publishing', reason = NULL, attempts = attempts + 1,
                 lease_until = $3, next_attempt_at = $3
             WHERE sid = $1 AND lease_owner = $2 RETURNING attempts",
            lease.sid.as_str(),
            by.owner,
            until.0,
        )?;
        let Some((number,)) = armed else {
            return Ok(Arming::LeaseLost);
        };
        execute!(
            tx,
            "INSERT INTO attempts (sid, number, started_at, x_user_id) VALUES ($1, $2, $3, $4)",
            lease.sid.as_str(),
            number,
            now.0,
            (!x_user_id.is_empty()).then_some(x_user_id),
        )?;
        tx.commit().await?;
        let attempt = count(number);
        lease.arm(attempt, until);
        lease.row_mut().progress.state = TextState::Publishing;
        Ok(Arming::Armed { attempt })
    }
}

fn look_again(by: Claimant<'_>, earlier_due: Timestamp) -> Timestamp {
    (by.now + by.lease * LOOKED_AT_AFTER_LEASES).max(earlier_due)
}
