//! Work on replies: claim, settle.

use birdcall_domain::{
    clock::Timestamp,
    phone::Phone,
    reply::{
        Event, NewReply, Purpose, ReplyState, Settlement, Standing, Step, Throttle, first_step,
    },
    text::{Pause, Reason},
};

use super::{Reply, ReplyRecord, insert};
use crate::{
    Ledger, LedgerResult, Tx, blocked, forget, lanes,
    lease::{Claimant, Lease},
    operators_pause, pauses,
    queue::{self, Job, Queue},
    stored::{count, known},
    transaction::{execute, fetch_all, fetch_optional},
};

/// A reply that was claimed.
pub struct ClaimedReply {
    /// The reply, and the right to work on it.
    pub lease: Lease<Reply>,
    /// What is done with it. [`Step::Send`] is already announced in the ledger.
    pub step: Step,
}

/// The limits on how often a reply is claimed and how many are sent.
#[derive(Clone, Copy, Debug)]
pub struct ReplyLimits {
    /// `REPLIES_MAX`, `REPLIES_WINDOW`.
    pub throttle: Throttle,
    /// `CLAIMS_MAX`.
    pub claims_max: u32,
}

impl Ledger {
    /// Writes a reply that answers no text. `false`: it was there already, or it is about a sign-in and
    /// today's limit is reached.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn add_reply(&self, reply: &NewReply, now: Timestamp) -> LedgerResult<bool> {
        let mut tx = self.write("add_reply").await?;
        if reply.sign_in.is_some() {
            lanes::lock(&mut tx, &reply.phone, now).await?;
        }
        let inserted = insert(&mut tx, reply, now).await?;
        tx.commit().await?;
        Ok(inserted)
    }

    /// Claims a reply, and announces the call if it is to be sent. `None`: there is nothing to do.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`]; nothing may be called.
    pub async fn claim_reply(
        &self,
        id: &str,
        by: Claimant<'_>,
        patience: ReplyLimits,
    ) -> LedgerResult<Option<ClaimedReply>> {
        let now = by.now;
        let mut tx = self.write("claim_reply").await?;
        let sql = "SELECT phone FROM replies WHERE id = $1 AND phone <> ''";
        let Some((phone,)) = fetch_optional!(tx, (String,), sql, id)? else {
            return Ok(None);
        };
        let phone: Phone = known("replies.phone", &phone, |phone| phone.parse().ok())?;
        lanes::lock(&mut tx, &phone, now).await?;
        let claimed = fetch_optional!(
            tx,
            ReplyRecord,
            "UPDATE replies SET lease_owner = $2, lease_until = $3, next_attempt_at = $3, woken_at = 0,
                 claims = claims + 1
             WHERE id = $1 AND next_attempt_at <= $4 AND (lease_until IS NULL OR lease_until <= $4)
             RETURNING *",
            id,
            by.owner,
            (now + by.lease).0,
            now.0,
        )?;
        let Some(row) = claimed else {
            return Ok(None);
        };
        let mut lease = Lease::new(Reply::try_from(row)?, by);
        let around = standing(&mut tx, &lease, &phone, patience.throttle, now).await?;
        let (throttle, claims_max) = (patience.throttle, patience.claims_max);
        let mut step = first_step(
            &lease.progress,
            lease.claims,
            claims_max,
            &around,
            throttle,
            now,
        );
        if matches!(step, Step::Send)
            && let Some(paused) = pauses::probe(&mut tx, Queue::Reply, now, by.lease).await?
        {
            step = Step::Settle(Event::Later(paused.until));
        }
        if let Step::Settle(Event::Later(turn_at)) = step
            && around.paused_until.is_none()
        {
            // It is written behind the lane's lock, so no two replies get one place.
            let sql = "UPDATE replies SET turn_at = $2 WHERE id = $1";
            execute!(tx, sql, id, turn_at.0)?;
        }
        if matches!(step, Step::Send) {
            let armed = fetch_optional!(
                tx,
                (i64,),
                "UPDATE replies SET state = 'sending', attempts = attempts + 1, sent_at = $2, turn_at = NULL
                 WHERE id = $1 RETURNING attempts",
                id,
                now.0,
            )?;
            let attempt = armed.map_or(0, |(attempts,)| count(attempts));
            lease.arm(attempt, now + by.lease);
        }
        tx.commit().await?;
        Ok(Some(ClaimedReply { lease, step }))
    }

    /// Writes what became of a reply. `false`: another worker, or a callback of Twilio's, settled it.
    /// The confirmation of `\STOP` was the last use of its number, which is forgotten with it.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`]; nothing was written.
    pub async fn settle_reply(
        &self,
        lease: &Lease<Reply>,
        settlement: &Settlement,
        now: Timestamp,
    ) -> LedgerResult<bool> {
        let mut tx = self.write("settle_reply").await?;
        let over = settlement.next_attempt_at.is_none();
        let goodbye = over && lease.purpose == Purpose::Goodbye;
        if goodbye || settlement.opted_out {
            // The lane before the reply, as everybody locks them.
            lanes::lock(&mut tx, lease.recipient()?, now).await?;
        }
        let sent = settlement.state == ReplyState::Sent;
        let next_attempt_at = match settlement.next_attempt_at {
            Some(Timestamp::UNTIL_RESUMED)
                if !operators_pause::still_held(&mut tx, Queue::Reply).await? =>
            {
                Some(now)
            }
            next => next,
        };
        let done = execute!(
            tx,
            "UPDATE replies SET state = $3, next_attempt_at = $4, failures = $5, checks = $6,
                 twilio_sid = COALESCE($7, twilio_sid), error = $8, error_code = $9, lease_owner = NULL,
                 lease_until = NULL, claims = 0, woken_at = 0,
                 turn_at = CASE $11 WHEN 1 THEN NULL ELSE turn_at END
             WHERE id = $1 AND (lease_owner = $2 OR ($10 = 1 AND state IN ('sending', 'in_doubt')))",
            &lease.id,
            lease.owner(),
            settlement.state.as_str(),
            next_attempt_at.map(|at| at.0),
            i64::from(settlement.failures),
            i64::from(settlement.checks),
            settlement.twilio_sid.as_deref(),
            settlement.error.as_deref(),
            settlement.error_code.map(i64::from),
            i64::from(sent),
            i64::from(next_attempt_at.is_none()),
        )?;
        if done == 0 {
            return Ok(false);
        }
        if let Some(backoff) = settlement.pause {
            let pause = Pause {
                reason: Reason::Operator,
                until: None,
            };
            let began_at = armed_at(&mut tx, &lease.id).await?.unwrap_or(now);
            pauses::pause(&mut tx, Queue::Reply, pause, began_at, now, backoff).await?;
        }
        if sent {
            pauses::lift(&mut tx, Queue::Reply, now).await?;
        }
        if settlement.opted_out {
            // Twilio refused the call, so that is when the phone had opted out. It may have opted in
            // since.
            let sql = "SELECT sent_at FROM replies WHERE id = $1";
            let sent = fetch_optional!(tx, (Option<i64>,), sql, &lease.id)?;
            let sent_at = sent.and_then(|(at,)| at).unwrap_or_default();
            lanes::set_opted_out(&mut tx, lease.recipient()?, true, sent_at * 1000, now).await?;
        }
        if let Some(at) = next_attempt_at {
            queue::push(&mut tx, &Job::reply(&lease.id), at, now).await?;
        } else if goodbye {
            let text_sid = lease.text_sid.as_ref().map(|sid| sid.as_str());
            forget::after_goodbye(&mut tx, &lease.id, text_sid).await?;
        }
        tx.commit().await?;
        Ok(true)
    }
}

/// When the last call for this reply was announced.
async fn armed_at(tx: &mut Tx, id: &str) -> LedgerResult<Option<Timestamp>> {
    let sql = "SELECT sent_at FROM replies WHERE id = $1";
    let armed = fetch_optional!(tx, (Option<i64>,), sql, id)?;
    Ok(armed.and_then(|(at,)| at).map(Timestamp))
}

/// What decides whether this reply may go to the phone now.
async fn standing(
    tx: &mut Tx,
    reply: &Reply,
    phone: &Phone,
    throttle: Throttle,
    now: Timestamp,
) -> LedgerResult<Standing> {
    let blocked = blocked::is_blocked(tx, phone).await?;
    let opted_out = lanes::is_opted_out(tx, phone).await?;
    let paused = pauses::look(tx, Queue::Reply, now).await?;
    let since = (now - throttle.window).0;
    let sent = fetch_all!(
        tx,
        (i64,),
        "SELECT sent_at FROM replies WHERE phone = $1 AND sent_at > $2 ORDER BY sent_at DESC LIMIT $3",
        phone.as_str(),
        since,
        i64::from(throttle.max),
    )?;
    let turns = fetch_all!(
        tx,
        (i64,),
        "SELECT turn_at FROM replies
         WHERE phone = $1 AND turn_at > $2 AND next_attempt_at IS NOT NULL AND id <> $4
         ORDER BY turn_at DESC LIMIT $3",
        phone.as_str(),
        since,
        i64::from(throttle.max),
        &reply.id,
    )?;
    let moments = |rows: Vec<(i64,)>| rows.into_iter().map(|(at,)| Timestamp(at)).collect();
    Ok(Standing {
        blocked,
        opted_out,
        paused_until: paused.map(|paused| paused.until),
        turn_at: reply.turn_at,
        sent: moments(sent),
        turns: moments(turns),
    })
}
