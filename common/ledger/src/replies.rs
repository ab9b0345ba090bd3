//! Replies: insert, claim, settle, wake, list.

use std::time::Duration;

use birdcall_domain::{
    clock::Timestamp,
    outbound::{Progress, ReplyState, Settlement},
    phone::Phone,
    reply::Purpose,
    sms::Sms,
};
use serde::Serialize;

use super::{
    Ledger, LedgerResult, Tx, claim::Claimant, count, execute, fetch_all, fetch_optional, known,
    lanes, pauses,
};
use crate::{
    jobs::{Job, Queue},
    queue,
};

/// A reply to write.
#[derive(Clone)]
pub struct NewReply {
    /// Names what it answers; a second reply with this id is the same reply.
    pub id: String,
    /// The text that it answers, if it answers one.
    pub text_sid: Option<String>,
    /// To whom.
    pub phone: Phone,
    /// What it is for.
    pub purpose: Purpose,
    /// What it says and costs.
    pub sms: Sms,
    /// After this it is given up.
    pub deadline_at: Timestamp,
}

impl NewReply {
    /// The id of a text's reply: one of each purpose, and anew for every replay.
    #[must_use]
    pub fn id_for(text_sid: &str, purpose: Purpose, replays: i64) -> String {
        match replays {
            0 => format!("{text_sid}:{}", purpose.as_str()),
            n => format!("{text_sid}:{}:{n}", purpose.as_str()),
        }
    }
}

/// A reply as it is stored.
#[derive(Clone, sqlx::FromRow)]
pub struct ReplyRow {
    /// Names what it answers.
    pub id: String,
    /// The text that it answers.
    pub text_sid: Option<String>,
    /// To whom.
    pub phone: String,
    /// What it says.
    pub body: String,
    /// What it is for.
    pub purpose: String,
    /// `GSM-7` or `UCS-2`.
    pub encoding: String,
    /// SMS segments.
    pub segments: i64,
    /// See [`ReplyState`].
    pub state: String,
    /// Twilio's sid.
    pub twilio_sid: Option<String>,
    /// Twilio's error code.
    pub error_code: Option<i64>,
    /// Why it failed, in words.
    pub error: Option<String>,
    /// Unix milliseconds.
    pub created_at: i64,
    /// Unix milliseconds.
    pub deadline_at: i64,
    /// Unix milliseconds; `None` when nothing more happens by itself.
    pub next_attempt_at: Option<i64>,
    /// Claims since it was last settled.
    pub claims: i64,
    /// Failures in a row.
    pub failures: i64,
    /// Calls that were armed.
    pub attempts: i64,
    /// Looks at Twilio's list.
    pub checks: i64,
    /// Sent again because it was not delivered.
    pub resends: i64,
    /// When the last call was armed, Unix milliseconds.
    pub sent_at: Option<i64>,
}

impl ReplyRow {
    /// What the pure rules need.
    ///
    /// # Errors
    ///
    /// A stored word is not one of ours.
    pub fn progress(&self) -> LedgerResult<Progress> {
        Ok(Progress {
            state: known("replies.state", &self.state, ReplyState::parse)?,
            deadline_at: Timestamp(self.deadline_at),
            failures: count(self.failures),
            checks: count(self.checks),
        })
    }

    /// To whom.
    ///
    /// # Errors
    ///
    /// The stored number is not one.
    pub fn recipient(&self) -> LedgerResult<Phone> {
        known("replies.phone", &self.phone, |phone| phone.parse().ok())
    }
}

/// What a claim finds.
pub enum ReplyClaim {
    /// Nothing to do.
    Nothing,
    /// The worker before us died while sending it.
    Died(Box<ReplyRow>),
    /// Its outcome is unknown: look it up.
    Resolve(Box<ReplyRow>),
    /// The phone has opted out.
    OptedOut(Box<ReplyRow>),
    /// Too many texts to this number just now, or the queue is paused.
    Later(Box<ReplyRow>, Timestamp),
    /// It is armed: send it.
    Send(Box<ReplyRow>),
}

/// At most so many texts to one number in so long (Twilio cuts two machines off that answer each
/// other).
#[derive(Clone, Copy, Debug)]
pub struct Throttle {
    /// `REPLIES_MAX`.
    pub max: u32,
    /// `REPLIES_WINDOW`.
    pub window: Duration,
}

pub(super) async fn insert(tx: &mut Tx, reply: &NewReply, now: Timestamp) -> LedgerResult<bool> {
    let inserted = execute!(
        tx,
        "INSERT INTO replies (id, text_sid, phone, body, purpose, encoding, segments, state, created_at,
             deadline_at, next_attempt_at, woken_at, claims, failures, attempts, checks, resends)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 'queued', $8, $9, $8, 0, 0, 0, 0, 0, 0)
         ON CONFLICT (id) DO NOTHING",
        &reply.id,
        reply.text_sid.as_deref(),
        reply.phone.as_str(),
        &reply.sms.body,
        reply.purpose.as_str(),
        reply.sms.encoding.as_str(),
        i64::from(reply.sms.segments),
        now.0,
        reply.deadline_at.0,
    )?;
    if inserted > 0 {
        queue::push(tx, &Job::reply(&reply.id), now, now).await?;
    }
    Ok(inserted > 0)
}

impl Ledger {
    /// Writes a reply that answers no text: about a sign-in.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn add_reply(&self, reply: &NewReply, now: Timestamp) -> LedgerResult<bool> {
        let mut tx = self.write().await?;
        let inserted = insert(&mut tx, reply, now).await?;
        tx.commit().await?;
        Ok(inserted)
    }

    /// Claims a reply, and arms it if it is to be sent: the call is on disk before it is made.
    ///
    /// # Errors
    ///
    /// The database is not available; nothing may be called.
    pub async fn claim_reply(
        &self,
        id: &str,
        by: Claimant<'_>,
        throttle: Throttle,
        claims_max: u32,
    ) -> LedgerResult<ReplyClaim> {
        let now = by.now;
        let mut tx = self.write().await?;
        let phone = fetch_optional!(
            &mut tx,
            (String,),
            "SELECT phone FROM replies WHERE id = $1",
            id
        )?;
        let Some((phone,)) = phone else {
            return Ok(ReplyClaim::Nothing);
        };
        lanes::lock(&mut tx, &phone, now).await?;
        let until = (now + by.lease).0;
        let claimed = fetch_optional!(
            &mut tx,
            ReplyRow,
            "UPDATE replies SET lease_owner = $2, lease_until = $3, next_attempt_at = $3, woken_at = 0,
                 claims = claims + 1
             WHERE id = $1 AND next_attempt_at <= $4 AND (lease_until IS NULL OR lease_until <= $4)
             RETURNING *",
            id,
            by.owner,
            until,
            now.0,
        )?;
        let Some(reply) = claimed.map(Box::new) else {
            return Ok(ReplyClaim::Nothing);
        };
        let progress = reply.progress()?;
        let claim = match progress.state {
            ReplyState::Sending => ReplyClaim::Died(reply),
            ReplyState::InDoubt => ReplyClaim::Resolve(reply),
            _ if lanes::is_opted_out(&mut tx, &phone).await? => ReplyClaim::OptedOut(reply),
            // The caller settles a poisoned reply: it must not be armed once more.
            _ if count(reply.claims) > claims_max => ReplyClaim::Later(reply, now),
            _ => match later(&mut tx, &phone, now, throttle).await? {
                Some(at) => ReplyClaim::Later(reply, at),
                None => {
                    execute!(
                        &mut tx,
                        "UPDATE replies SET state = 'sending', attempts = attempts + 1, sent_at = $2 WHERE id = $1",
                        id,
                        now.0,
                    )?;
                    ReplyClaim::Send(reply)
                }
            },
        };
        tx.commit().await?;
        Ok(claim)
    }

    /// Gives a claim back: nothing was done with it, since the database failed in between. What is
    /// being sent is not given back.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn give_reply_back(&self, id: &str, owner: &str, now: Timestamp) -> LedgerResult<()> {
        let mut tx = self.write().await?;
        execute!(
            &mut tx,
            "UPDATE replies SET lease_owner = NULL, lease_until = NULL, next_attempt_at = $3, claims = claims - 1
             WHERE id = $1 AND lease_owner = $2 AND state <> 'sending'",
            id,
            owner,
            now.0,
        )?;
        tx.commit().await
    }

    /// Writes what became of a reply. `false`: another worker, or a callback of Twilio's, settled
    /// it.
    ///
    /// # Errors
    ///
    /// The database is not available; nothing was written.
    pub async fn settle_reply(
        &self,
        reply: &ReplyRow,
        owner: &str,
        settlement: &Settlement,
        now: Timestamp,
    ) -> LedgerResult<bool> {
        let mut tx = self.write().await?;
        let sent = settlement.state == ReplyState::Sent;
        let done = execute!(
            &mut tx,
            "UPDATE replies SET state = $3, next_attempt_at = $4, failures = $5, checks = $6,
                 twilio_sid = COALESCE($7, twilio_sid), error = $8, error_code = $9, lease_owner = NULL,
                 lease_until = NULL, claims = 0, woken_at = 0
             WHERE id = $1 AND (lease_owner = $2 OR ($10 = 1 AND state IN ('sending', 'in_doubt')))",
            &reply.id,
            owner,
            settlement.state.as_str(),
            settlement.next_attempt_at.map(|at| at.0),
            i64::from(settlement.failures),
            i64::from(settlement.checks),
            settlement.twilio_sid.as_deref(),
            settlement.error.as_deref(),
            settlement.error_code.map(i64::from),
            i64::from(sent),
        )?;
        if done == 0 {
            return Ok(false);
        }
        if settlement.opted_out {
            lanes::set_opted_out(&mut tx, &reply.phone, true, now).await?;
        }
        if let Some(at) = settlement.next_attempt_at {
            queue::push(&mut tx, &Job::reply(&reply.id), at, now).await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    /// Whether a message of Twilio's is known as another reply's.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn is_known_message(&self, twilio_sid: &str) -> LedgerResult<bool> {
        let mut tx = self.read().await?;
        let row = fetch_optional!(
            &mut tx,
            (String,),
            "SELECT id FROM replies WHERE twilio_sid = $1",
            twilio_sid
        )?;
        Ok(row.is_some())
    }

    /// The replies to a text with what became of them, first to last.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn replies_to(
        &self,
        text_sid: &str,
    ) -> LedgerResult<Vec<(ReplyRow, Option<String>)>> {
        let mut tx = self.read().await?;
        let rows = fetch_all!(
            &mut tx,
            ReplyRow,
            "SELECT * FROM replies WHERE text_sid = $1 ORDER BY created_at, id",
            text_sid
        )?;
        let mut replies = Vec::new();
        for row in rows {
            let delivery = match &row.twilio_sid {
                Some(sid) => super::deliveries::status_of(&mut tx, sid).await?,
                None => None,
            };
            replies.push((row, delivery));
        }
        Ok(replies)
    }

    /// Removes what a reply says and to whom, once it has served: the confirmation of `\STOP`.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn scrub_reply(&self, id: &str) -> LedgerResult<()> {
        let mut tx = self.write().await?;
        execute!(
            &mut tx,
            "UPDATE replies SET body = '', phone = '' WHERE id = $1",
            id
        )?;
        tx.commit().await
    }

    /// How many replies are in each state.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn reply_counts(&self) -> LedgerResult<Vec<(String, i64)>> {
        let mut tx = self.read().await?;
        Ok(fetch_all!(
            &mut tx,
            (String, i64),
            "SELECT state, COUNT(*) FROM replies GROUP BY state ORDER BY state"
        )?)
    }
}

/// When the next text to this number may go out, if not now.
async fn later(
    tx: &mut Tx,
    phone: &str,
    now: Timestamp,
    throttle: Throttle,
) -> LedgerResult<Option<Timestamp>> {
    if let Some((until, _)) = pauses::look(tx, Queue::Reply, now).await? {
        return Ok(Some(until));
    }
    let recent = fetch_all!(
        tx,
        (i64,),
        "SELECT sent_at FROM replies WHERE phone = $1 AND sent_at > $2 ORDER BY sent_at DESC LIMIT $3",
        phone,
        (now - throttle.window).0,
        i64::from(throttle.max),
    )?;
    let full = recent.len() >= throttle.max as usize;
    Ok(recent
        .last()
        .filter(|_| full)
        .map(|(oldest,)| Timestamp(*oldest) + throttle.window))
}

/// What `texts show` says of a reply.
#[derive(Clone, Debug, Serialize)]
pub struct ReplyView {
    /// See [`ReplyState`].
    pub state: String,
    /// What it is for.
    pub purpose: String,
    /// Twilio's sid.
    pub twilio_sid: Option<String>,
    /// Twilio's delivery state.
    pub delivery: Option<String>,
    /// What it says.
    pub body: String,
    /// SMS segments.
    pub segments: i64,
    /// `GSM-7` or `UCS-2`.
    pub encoding: String,
    /// Why it failed.
    pub error: Option<String>,
    /// Twilio's error code.
    pub error_code: Option<i64>,
}

impl From<(ReplyRow, Option<String>)> for ReplyView {
    fn from((row, delivery): (ReplyRow, Option<String>)) -> Self {
        Self {
            state: row.state,
            purpose: row.purpose,
            twilio_sid: row.twilio_sid,
            delivery,
            body: row.body,
            segments: row.segments,
            encoding: row.encoding,
            error: row.error,
            error_code: row.error_code,
        }
    }
}
