//! Texts: claim, arm, settle, wake, list.

use serde::Serialize;

use super::{
    Store, StoreError, StoreResult, Tx, accounts,
    claim::{Claimant, Overdue},
    count, execute, fetch_all, fetch_optional, known, lanes, pauses,
    replies::{self, NewReply},
};
use crate::{
    clock::Timestamp,
    domain::{
        backoff::Backoff,
        phone::Phone,
        text::{Progress, Reason, Settlement, TextState, blocks},
    },
    jobs::{Job, Queue},
    queue,
};

/// A text as it is stored.
#[derive(Clone, sqlx::FromRow)]
pub struct TextRow {
    /// Twilio's `MessageSid`.
    pub sid: String,
    /// The sender as Twilio named it.
    pub phone: String,
    /// Which of our numbers it was sent to.
    pub service_number: String,
    /// What it says.
    pub body: String,
    /// How many media came with it.
    pub num_media: i64,
    /// `post`, `command`, `sign_in` or `ignored`.
    pub kind: String,
    /// See [`TextState`].
    pub state: String,
    /// See [`Reason`].
    pub reason: Option<String>,
    /// Microseconds; the order of one phone's texts.
    pub arrival: i64,
    /// Unix milliseconds.
    pub received_at: i64,
    /// Unix milliseconds.
    pub deadline_at: i64,
    /// Unix milliseconds; `None` when nothing more happens by itself.
    pub next_attempt_at: Option<i64>,
    /// Who holds it.
    pub lease_owner: Option<String>,
    /// Until when.
    pub lease_until: Option<i64>,
    /// Claims since it was last settled.
    pub claims: i64,
    /// Workers that died with an armed call for it.
    pub deaths: i64,
    /// Passing failures in a row.
    pub failures: i64,
    /// Calls that were armed.
    pub attempts: i64,
    /// Timeline reads since the last unknown outcome.
    pub checks: i64,
    /// 1 when some attempt's outcome was unknown.
    pub doubted: i64,
    /// The token version that X answered 401 to.
    pub unauthorized_version: Option<i64>,
    /// How often an operator ran it again.
    pub replays: i64,
    /// X's id.
    pub post_id: Option<String>,
    /// Unix milliseconds.
    pub published_at: Option<i64>,
    /// Unix milliseconds.
    pub undone_at: Option<i64>,
    /// Why it failed, in words.
    pub error: Option<String>,
}

impl TextRow {
    /// What the pure rules need.
    ///
    /// # Errors
    ///
    /// A stored word is not one of ours.
    pub fn progress(&self) -> StoreResult<Progress> {
        Ok(Progress {
            is_command: self.kind == "command",
            state: self.text_state()?,
            reason: self.text_reason()?,
            received_at: Timestamp(self.received_at),
            deadline_at: Timestamp(self.deadline_at),
            failures: count(self.failures),
            deaths: count(self.deaths),
            checks: count(self.checks),
            doubted: self.doubted != 0,
            unauthorized_version: self.unauthorized_version,
        })
    }

    /// Where it stands.
    ///
    /// # Errors
    ///
    /// The stored word is not one of ours.
    pub fn text_state(&self) -> StoreResult<TextState> {
        known("texts.state", &self.state, TextState::parse)
    }

    /// Why.
    ///
    /// # Errors
    ///
    /// The stored word is not one of ours.
    pub fn text_reason(&self) -> StoreResult<Option<Reason>> {
        self.reason
            .as_deref()
            .map(|word| known("texts.reason", word, Reason::parse))
            .transpose()
    }

    /// The sender.
    ///
    /// # Errors
    ///
    /// It is not a phone number, which only ignored texts may have.
    pub fn sender(&self) -> StoreResult<Phone> {
        known("texts.phone", &self.phone, |phone| phone.parse().ok())
    }
}

/// What a claim finds.
pub enum Claim {
    /// Nothing to do: no such text, final, held by another, or not due yet.
    Nothing,
    /// An earlier text of the same phone comes first; its end wakes this one.
    Blocked,
    /// It is ours until the lease ends.
    Held(Box<Held>),
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

/// Which text is settled, as it was claimed.
#[derive(Clone, Copy)]
pub struct Settled<'a> {
    /// The row.
    pub text: &'a TextRow,
    /// Who claimed it.
    pub owner: &'a str,
    /// The number of the attempt that was armed; 0 when none ever was.
    pub attempt: i64,
    /// When it was claimed.
    pub claimed_at: Timestamp,
}

impl Store {
    /// Claims a text: it becomes ours if it is due, nobody holds it and no earlier text of its
    /// phone comes first.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn claim_text(&self, sid: &str, by: Claimant<'_>) -> StoreResult<Claim> {
        let Claimant { owner, lease, now } = by;
        let mut tx = self.write().await?;
        let phone = fetch_optional!(
            &mut tx,
            (String,),
            "SELECT phone FROM texts WHERE sid = $1",
            sid
        )?;
        let Some((phone,)) = phone else {
            return Ok(Claim::Nothing);
        };
        lanes::lock(&mut tx, &phone, now).await?;
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
                // Its predecessor's end wakes it; the late look is for the case that nobody does.
                let look_again = (now + lease).0.max(earlier_due);
                execute!(
                    &mut tx,
                    "UPDATE texts SET state = 'waiting', reason = 'order', next_attempt_at = $2 WHERE sid = $1",
                    sid,
                    look_again,
                )?;
                tx.commit().await?;
                return Ok(Claim::Blocked);
            }
        }
        let until = (now + lease).0;
        execute!(
            &mut tx,
            "UPDATE texts SET lease_owner = $2, lease_until = $3, next_attempt_at = $3, claims = claims + 1
             WHERE sid = $1",
            sid,
            owner,
            until,
        )?;
        let paused = match text.kind.as_str() {
            "post" => pauses::check(&mut tx, Queue::Tweet, now, lease).await?,
            _ => None,
        };
        tx.commit().await?;
        let died = text.text_state()? == TextState::Publishing;
        Ok(Claim::Held(Box::new(Held { text, died, paused })))
    }

    /// Writes the attempt down before the call is made. `None`: the lease is lost, nothing may be
    /// called.
    ///
    /// # Errors
    ///
    /// The database is not available; nothing may be called.
    pub async fn arm_text(&self, sid: &str, by: Claimant<'_>) -> StoreResult<Option<i64>> {
        let mut tx = self.write().await?;
        let until = (by.now + by.lease).0;
        let armed = fetch_optional!(
            &mut tx,
            (i64,),
            "UPDATE texts SET state = 'publishing', reason = NULL, attempts = attempts + 1,
                 lease_until = $3, next_attempt_at = $3
             WHERE sid = $1 AND lease_owner = $2 RETURNING attempts",
            sid,
            by.owner,
            until,
        )?;
        let Some((number,)) = armed else {
            return Ok(None);
        };
        execute!(
            &mut tx,
            "INSERT INTO attempts (sid, number, started_at) VALUES ($1, $2, $3)",
            sid,
            number,
            by.now.0,
        )?;
        tx.commit().await?;
        Ok(Some(number))
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
        outcome: TextOutcome<'_>,
        now: Timestamp,
    ) -> StoreResult<bool> {
        let Settled { text, attempt, .. } = settled;
        let settlement = outcome.settlement;
        let mut tx = self.write().await?;
        lanes::lock(&mut tx, &text.phone, now).await?;
        if !write_settlement(&mut tx, settled, &outcome, now).await? {
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
        if let Some((account_id, version)) = outcome.disconnect {
            accounts::disconnect(&mut tx, account_id, version).await?;
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
        if let Some(reply) = &outcome.reply {
            replies::insert(&mut tx, reply, now).await?;
        }
        if settlement.reason == Some(Reason::SignIn) {
            signed_in_meanwhile(&mut tx, settled, now).await?;
        }
        if let Some(at) = settlement.next_attempt_at {
            queue::push(&mut tx, &Job::for_text(&text.kind, &text.sid), at, now).await?;
        }
        if !blocks(
            settlement.state,
            settlement.reason,
            settlement.next_attempt_at,
        ) {
            wake_next(&mut tx, &text.phone, now).await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    /// Texts that are overdue and that nothing has woken: pushes a job for each. What a dead worker
    /// held comes first: a backlog has jobs of its own.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn wake_overdue_texts(&self, now: Timestamp, wake: Overdue) -> StoreResult<u64> {
        let mut tx = self.write().await?;
        let overdue = fetch_all!(
            &mut tx,
            (String, String, i64),
            "UPDATE texts SET woken_at = $1 WHERE sid IN (
                 SELECT sid FROM texts WHERE next_attempt_at <= $2 AND woken_at <= $3
                 ORDER BY CASE WHEN lease_owner IS NULL THEN 1 ELSE 0 END, next_attempt_at LIMIT $4)
             RETURNING sid, kind, received_at",
            now.0,
            (now - wake.grace).0,
            (now - wake.again).0,
            wake.limit,
        )?;
        for (sid, kind, received_at) in &overdue {
            queue::push_overdue(&mut tx, &Job::for_text(kind, sid), Timestamp(*received_at))
                .await?;
        }
        tx.commit().await?;
        Ok(overdue.len() as u64)
    }

    /// One text.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn text(&self, sid: &str) -> StoreResult<Option<TextRow>> {
        let mut tx = self.read().await?;
        Ok(fetch_optional!(
            &mut tx,
            TextRow,
            "SELECT * FROM texts WHERE sid = $1",
            sid
        )?)
    }

    /// Texts, newest first.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn texts(&self, filter: &TextFilter) -> StoreResult<Vec<TextRow>> {
        let mut tx = self.read().await?;
        Ok(fetch_all!(
            &mut tx,
            TextRow,
            "SELECT * FROM texts
             WHERE (CAST($1 AS TEXT) IS NULL OR phone = $1) AND (CAST($2 AS TEXT) IS NULL OR state = $2)
               AND received_at >= $3 AND (CAST($4 AS TEXT) IS NULL OR LOWER(body) LIKE '%' || LOWER($4) || '%' ESCAPE '\\')
             ORDER BY received_at DESC, arrival DESC LIMIT $5",
            filter.phone.as_ref().map(Phone::as_str),
            filter.state.map(TextState::as_str),
            filter.since.0,
            filter.contains.as_deref().map(literally),
            filter.limit,
        )?)
    }

    /// The attempts of a text, first to last.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn attempts(&self, sid: &str) -> StoreResult<Vec<AttemptRow>> {
        let mut tx = self.read().await?;
        Ok(fetch_all!(
            &mut tx,
            AttemptRow,
            "SELECT number, started_at, ended_at, outcome, error FROM attempts WHERE sid = $1 ORDER BY number",
            sid,
        )?)
    }

    /// When the first attempt whose outcome was unknown began: from there the timeline is read.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn doubt_began_at(&self, sid: &str) -> StoreResult<Option<Timestamp>> {
        let mut tx = self.read().await?;
        let row = fetch_optional!(
            &mut tx,
            (Option<i64>,),
            "SELECT MIN(started_at) FROM attempts WHERE sid = $1 AND (outcome IS NULL OR outcome = 'in_doubt')",
            sid,
        )?;
        Ok(row.and_then(|(at,)| at).map(Timestamp))
    }

    /// Which of these posts the ledger knows as other texts' posts.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn is_known_post(&self, post_id: &str, except_sid: &str) -> StoreResult<bool> {
        let mut tx = self.read().await?;
        let row = fetch_optional!(
            &mut tx,
            (String,),
            "SELECT sid FROM texts WHERE post_id = $1 AND sid <> $2",
            post_id,
            except_sid,
        )?;
        Ok(row.is_some())
    }

    /// How many texts are in each state.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn text_counts(&self) -> StoreResult<Vec<(String, i64)>> {
        let mut tx = self.read().await?;
        Ok(fetch_all!(
            &mut tx,
            (String, i64),
            "SELECT state, COUNT(*) FROM texts GROUP BY state ORDER BY state"
        )?)
    }
}

/// A pattern of `LIKE` that means itself.
fn literally(text: &str) -> String {
    text.replace('\\', r"\\")
        .replace('%', r"\%")
        .replace('_', r"\_")
}

/// Which texts to list.
#[derive(Clone, Debug)]
pub struct TextFilter {
    /// One phone.
    pub phone: Option<Phone>,
    /// One state.
    pub state: Option<TextState>,
    /// Received at or after this.
    pub since: Timestamp,
    /// The body holds this, in any case.
    pub contains: Option<String>,
    /// At most so many.
    pub limit: i64,
}

/// A call that was armed.
#[derive(Clone, Debug, Serialize, sqlx::FromRow)]
pub struct AttemptRow {
    /// 1 is the first.
    pub number: i64,
    /// Unix milliseconds.
    pub started_at: i64,
    /// Unix milliseconds.
    pub ended_at: Option<i64>,
    /// One word.
    pub outcome: Option<String>,
    /// Why, in words.
    pub error: Option<String>,
}

/// When the earliest text that must end before `text` is due, if there is one.
async fn earlier_open(tx: &mut Tx, text: &TextRow) -> StoreResult<Option<i64>> {
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

/// The next text of the phone that waits for its turn is due at once.
pub(super) async fn wake_next(tx: &mut Tx, phone: &str, now: Timestamp) -> StoreResult<()> {
    let next = fetch_optional!(
        tx,
        (String, String, i64),
        "UPDATE texts SET next_attempt_at = $2, woken_at = $2 WHERE sid = (
             SELECT sid FROM texts WHERE phone = $1 AND state = 'waiting' AND reason = 'order'
             AND next_attempt_at IS NOT NULL ORDER BY arrival LIMIT 1)
         RETURNING sid, kind, received_at",
        phone,
        now.0,
    )?;
    if let Some((sid, kind, received_at)) = next {
        queue::push_overdue(tx, &Job::for_text(&kind, &sid), Timestamp(received_at)).await?;
    }
    Ok(())
}

/// A sign-in that was committed after this text was claimed has not seen it waiting: it goes on at
/// once.
async fn signed_in_meanwhile(tx: &mut Tx, settled: Settled<'_>, now: Timestamp) -> StoreResult<()> {
    let text = settled.text;
    let woken = execute!(
        tx,
        "UPDATE texts SET state = CASE state WHEN 'waiting' THEN 'received' ELSE state END, reason = NULL,
             next_attempt_at = $2, woken_at = $2
         WHERE sid = $1 AND reason = 'sign_in' AND next_attempt_at IS NOT NULL AND EXISTS (
             SELECT 1 FROM accounts WHERE phone = $3 AND state = 'active' AND linked_at > $4)",
        &text.sid,
        now.0,
        &text.phone,
        settled.claimed_at.0,
    )?;
    if woken > 0 {
        queue::push(tx, &Job::for_text(&text.kind, &text.sid), now, now).await?;
    }
    Ok(())
}

async fn write_settlement(
    tx: &mut Tx,
    settled: Settled<'_>,
    outcome: &TextOutcome<'_>,
    now: Timestamp,
) -> StoreResult<bool> {
    let Settled {
        text,
        owner,
        attempt,
        ..
    } = settled;
    let settlement = outcome.settlement;
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
            Err(StoreError::Inconsistent(
                "one post was found for two texts".to_owned(),
            ))
        }
        Err(error) => Err(error.into()),
    }
}
