//! Writes what became of a text.

use birdcall_domain::{
    backoff::Backoff,
    call::Heard,
    clock::Timestamp,
    reply::NewReply,
    text::{Kind, Reason, Settlement, TextState, blocks},
};

use super::{Text, turns::wake_next};
use crate::{
    Ledger, LedgerError, LedgerResult, Tx, accounts, effects,
    fail_point::FailPoint,
    lanes,
    lease::Lease,
    operators_pause, pauses,
    queue::{self, Job, Queue},
    replies,
    transaction::{execute, fetch_optional},
};

/// What settling writes besides the text itself.
pub struct TextOutcome<'a> {
    /// The decision.
    pub settlement: &'a Settlement,
    /// How the call ended, and why; `None` when none was announced.
    pub attempt: Option<(&'static str, Option<String>)>,
    /// What X answered to it.
    pub heard: Option<&'a Heard>,
    /// What the phone is told.
    pub reply: Option<NewReply>,
    /// The backoff of a pause.
    pub backoff: Backoff,
    /// The account, and the version of its tokens that X refused for good.
    pub disconnect: Option<(&'a str, i64)>,
    /// For tests.
    pub fail_point: FailPoint,
}

/// What became of settling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// Everything was written.
    Written,
    /// Nothing was written: the effect of the command is not possible (any more). It is looked at
    /// before the lease, so another worker may have settled the command as well.
    EffectRefused,
    /// Nothing was written: another worker settled the text.
    LeaseLost,
}

impl Ledger {
    /// Writes what became of a text, all at once: its state, the effect of a command, the attempt's
    /// record, the reply, the next job, the pause, the account. When another worker has settled it,
    /// only a proof that it was posted is still written.
    ///
    /// # Errors
    ///
    /// See [`LedgerError`]; nothing was written.
    pub async fn settle_text(
        &self,
        lease: &Lease<Text>,
        outcome: &TextOutcome<'_>,
        now: Timestamp,
    ) -> LedgerResult<Settled> {
        let text: &Text = lease;
        let phone = text.phone()?;
        let mut tx = self.write("settle_text").await?;
        lanes::lock(&mut tx, phone, now).await?;
        if let Some((account_id, version)) = outcome.disconnect {
            accounts::disconnect(&mut tx, account_id, version).await?;
        }
        // The worker found nobody signed in. The owner may have signed in since, and that sign-in did not
        // wake this text, which was not yet waiting. So the account is read again, behind the lock.
        let signed_in = outcome.settlement.reason == Some(Reason::SignIn)
            && accounts::is_active(&mut tx, phone).await?;
        let overtaken = signed_in.then(|| {
            let settlement = outcome.settlement.clone();
            settlement.signed_in(text.progress.deadline_at, now)
        });
        let settlement = overtaken.as_ref().unwrap_or(outcome.settlement);
        let resumed = settlement.next_attempt_at == Some(Timestamp::UNTIL_RESUMED)
            && !operators_pause::still_held(&mut tx, Queue::Tweet).await?;
        let due_now = resumed.then(|| settlement.clone().resumed(now));
        let settlement = due_now.as_ref().unwrap_or(settlement);
        if let Some(effect) = &settlement.effect {
            if !effects::apply(&mut tx, text, effect, now).await? {
                return Ok(Settled::EffectRefused);
            }
            outcome.fail_point.reached("command.effect");
        }
        if !write_settlement(&mut tx, lease, settlement, outcome, now).await? {
            return Ok(Settled::LeaseLost);
        }
        write_attempt(&mut tx, lease, outcome, now).await?;
        if let Some(pause) = settlement.pause {
            let began_at = began_at(&mut tx, lease).await?;
            pauses::pause(&mut tx, Queue::Tweet, pause, began_at, now, outcome.backoff).await?;
        }
        if settlement.state == TextState::Published && text.progress.kind == Kind::Post {
            pauses::lift(&mut tx, Queue::Tweet, now).await?;
        }
        if let Some(reply) = outcome.reply.as_ref().filter(|_| !signed_in) {
            let inserted = replies::insert(&mut tx, reply, now).await?;
            // A proof that came after the text had ended otherwise: its sender was told so, and is
            // told the truth now.
            if !inserted && settlement.state == TextState::Published {
                let id = format!("{}:published", reply.id);
                let truth = NewReply {
                    id,
                    ..reply.clone()
                };
                replies::insert(&mut tx, &truth, now).await?;
            }
        }
        if let Some(at) = settlement.next_attempt_at {
            let job = Job::for_text(text.progress.kind, &text.sid);
            queue::push(&mut tx, &job, at, now).await?;
        }
        let blocks = blocks(
            settlement.state,
            settlement.reason,
            settlement.next_attempt_at,
        );
        let sid = text.sid.as_str();
        wake_next(&mut tx, phone, sid, blocks, now).await?;
        tx.commit().await?;
        if signed_in {
            tracing::info!(
                text.sid = sid,
                "the owner has signed in meanwhile: the text goes on at once"
            );
        }
        Ok(Settled::Written)
    }
}

/// The number of the call that is settled: the one that was announced under this lease, or the last
/// one of the worker before.
fn attempt_of(lease: &Lease<Text>) -> u32 {
    lease.armed().unwrap_or(lease.attempts)
}

/// When the call that is settled was announced. Without one, there was no access token for it: the
/// claim was before X was asked for one.
async fn began_at(tx: &mut Tx, lease: &Lease<Text>) -> LedgerResult<Timestamp> {
    let Some(number) = lease.armed() else {
        return Ok(lease.claimed_at());
    };
    let began = fetch_optional!(
        tx,
        (i64,),
        "SELECT started_at FROM attempts WHERE sid = $1 AND number = $2",
        lease.sid.as_str(),
        i64::from(number),
    )?;
    Ok(began.map_or(lease.claimed_at(), |(at,)| Timestamp(at)))
}

async fn write_attempt(
    tx: &mut Tx,
    lease: &Lease<Text>,
    outcome: &TextOutcome<'_>,
    now: Timestamp,
) -> LedgerResult<()> {
    let Some((word, error)) = &outcome.attempt else {
        return Ok(());
    };
    let heard = outcome.heard;
    execute!(
        tx,
        "UPDATE attempts SET ended_at = $3, outcome = $4, error = $5, http_status = $6, problem = $7,
             transaction_id = $8
         WHERE sid = $1 AND number = $2 AND ended_at IS NULL",
        lease.sid.as_str(),
        i64::from(attempt_of(lease)),
        now.0,
        *word,
        error.as_deref(),
        heard.and_then(|heard| heard.status).map(i64::from),
        heard.and_then(|heard| heard.problem.as_deref()),
        heard.and_then(|heard| heard.transaction_id.as_deref()),
    )?;
    Ok(())
}

async fn write_settlement(
    tx: &mut Tx,
    lease: &Lease<Text>,
    settlement: &Settlement,
    outcome: &TextOutcome<'_>,
    now: Timestamp,
) -> LedgerResult<bool> {
    let published = settlement.state == TextState::Published;
    // The claim that holds the lease settles. A proof that the text was posted is written even
    // without the lease, whatever the text has become, as long as no further call was announced: it
    // is the truth, and it keeps the text from being posted a second time.
    let done = execute!(
        tx,
        "UPDATE texts SET state = $3, reason = $4, next_attempt_at = $5, deadline_at = $6, failures = $7,
             checks = $8, doubted = $9, unauthorized_version = $10, post_id = COALESCE($11, post_id),
             published_at = COALESCE($12, published_at), error = $13, lease_owner = NULL,
             lease_until = NULL, claims = 0, deaths = $16, woken_at = 0, look_due_at = $17,
             undone_at = CASE $14 WHEN 1 THEN NULL ELSE undone_at END, unauthorized_since = $18,
             unauthorized_last = $19
         WHERE sid = $1 AND (lease_owner = $2
             OR ($14 = 1 AND attempts = $15 AND state <> 'published' AND phone <> ''))",
        lease.sid.as_str(),
        lease.owner(),
        settlement.state.as_str(),
        settlement.reason.map(Reason::as_str),
        settlement.next_attempt_at.map(|at| at.0),
        settlement.deadline_at.0,
        i64::from(settlement.failures),
        i64::from(settlement.checks),
        i64::from(settlement.doubted),
        settlement.unauthorized.map(|refused| refused.version),
        settlement.post_id.as_deref(),
        published.then_some(now.0),
        outcome.attempt.as_ref().and_then(|(_, error)| error.as_deref()),
        i64::from(published),
        i64::from(attempt_of(lease)),
        i64::from(settlement.deaths),
        settlement.look_due_at.map(|at| at.0),
        settlement.unauthorized.map(|refused| refused.since.0),
        settlement.unauthorized.map(|refused| refused.last.0),
    );
    match done {
        Ok(rows) => Ok(rows > 0),
        // Looking the post up excludes posts of other texts, so this is a defect and not a state.
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
