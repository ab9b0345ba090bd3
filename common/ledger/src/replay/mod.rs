//! Running texts again at an operator's word. The rule is [`birdcall_domain::text::replay`]; a replay of
//! many texts is a row of its own, which workers carry out (`runs.rs`, `work.rs`).

mod hand;
mod matching;
mod planning;
mod record;
mod runs;
mod work;

use std::time::Duration;

use birdcall_domain::{
    clock::Timestamp,
    phone::Party,
    text::{MessageSid, Replay, replay},
};

pub use hand::{NextTexts, RunInHand, RunText, TextRun};
pub(crate) use matching::{plan_sql, walk_sql};
pub use planning::PLAN_LOOKS_AT;
pub use runs::{NewRun, RUNS_OPEN_MAX};

use crate::{
    Ledger, LedgerResult, Tx, audit,
    audit::By,
    lanes,
    queue::{self, Job},
    texts::{Text, TextRecord},
    transaction::{execute, fetch_optional},
};

/// How a replay is asked for.
#[derive(Clone, Copy, Debug)]
pub struct ReplayOrder<'a> {
    /// Post it even if it was posted, or may have been.
    pub force: bool,
    /// Change nothing; only say what would happen.
    pub dry_run: bool,
    /// How long the text is tried from now on.
    pub retry_horizon: Duration,
    /// Who asks for it, and why.
    pub by: By<'a>,
}

impl Ledger {
    /// Runs a text again. What was already posted is never posted twice without `force`; what may
    /// have been posted is looked up first.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`]; nothing was changed.
    pub async fn replay(
        &self,
        sid: &MessageSid,
        order: ReplayOrder<'_>,
        now: Timestamp,
    ) -> LedgerResult<Replay> {
        let mut tx = self.write("replay").await?;
        let outcome = replay_in(&mut tx, sid, order, now).await?;
        if !order.dry_run && outcome.acts() {
            tx.commit().await?;
        }
        Ok(outcome)
    }
}

/// Runs a text again, in a transaction that the caller commits.
async fn replay_in(
    tx: &mut Tx,
    sid: &MessageSid,
    order: ReplayOrder<'_>,
    now: Timestamp,
) -> LedgerResult<Replay> {
    match lanes::lock_for_text(tx, sid, now).await? {
        None => return Ok(Replay::Unknown),
        Some(Party::Forgotten) => return Ok(Replay::Forgotten),
        Some(Party::Phone(_) | Party::Other(_)) => {}
    }
    let sql = "SELECT * FROM texts WHERE sid = $1";
    let Some(row) = fetch_optional!(tx, TextRecord, sql, sid.as_str())? else {
        return Ok(Replay::Unknown);
    };
    let text = Text::try_from(row)?;
    let outcome = outcome_of(&text, order.force);
    if order.dry_run || !outcome.acts() {
        return Ok(outcome);
    }
    let deadline_at = now + order.retry_horizon;
    // A text that is due already is only woken: nothing of it changes, so there is no deed.
    let mut changed = true;
    match outcome {
        // A forced replay moves the proof of the first post to the audit; here it would forbid a
        // second post.
        Replay::Again => {
            execute!(
                    tx,
                    "UPDATE texts SET state = 'received', reason = NULL, post_id = NULL, published_at = NULL,
                         undone_at = NULL, next_attempt_at = $2, deadline_at = $3, failures = 0, checks = 0,
                         look_due_at = NULL, claims = 0, deaths = 0, unauthorized_version = NULL, woken_at = $2, replays = replays + 1 WHERE sid = $1",
                    sid.as_str(),
                    now.0,
                    deadline_at.0,
                )?;
        }
        Replay::LookUp | Replay::LookUpOnly => {
            execute!(
                    tx,
                    "UPDATE texts SET state = 'in_doubt', next_attempt_at = $2, deadline_at = $3, failures = 0, checks = 0,
                         look_due_at = NULL, claims = 0, deaths = 0, unauthorized_version = NULL, woken_at = $2,
                         doubted = 1, replays = replays + 1 WHERE sid = $1",
                    sid.as_str(),
                    now.0,
                    deadline_at.0,
                )?;
        }
        // A worker that holds the text keeps it until its lease ends.
        _ => {
            let due = text.progress.next_attempt_at.is_some_and(|at| at <= now);
            let woken = execute!(
                tx,
                "UPDATE texts SET next_attempt_at = $2, woken_at = $2 WHERE sid = $1 AND lease_owner IS NULL",
                sid.as_str(),
                now.0,
            )?;
            changed = woken > 0 && !due;
        }
    }
    let job = Job::for_text(text.progress.kind, sid);
    queue::push(tx, &job, now, now).await?;
    if changed {
        let detail = detail(&text, outcome, order.force);
        audit::record_by(tx, order.by, "replay", sid.as_str(), &detail, now).await?;
    }
    Ok(outcome)
}

/// What a replay makes of a text as it is now.
#[must_use]
pub fn outcome_of(text: &Text, force: bool) -> Replay {
    match text.from {
        Party::Forgotten => Replay::Forgotten,
        Party::Phone(_) | Party::Other(_) => {
            without_words(replay(&text.progress, force), text.body.is_empty())
        }
    }
}

/// A text that has no words is neither posted nor looked for.
fn without_words(outcome: Replay, no_words: bool) -> Replay {
    match outcome {
        Replay::Again | Replay::LookUp | Replay::LookUpOnly if no_words => Replay::NoWords,
        outcome => outcome,
    }
}

/// What the text was, and what it is now.
fn detail(text: &Text, outcome: Replay, force: bool) -> String {
    let forced = if force { "forced; " } else { "" };
    let was = match (&text.post_id, text.progress.reason) {
        (Some(post_id), _) => format!("it was posted as {post_id}"),
        (None, Some(reason)) => format!("it was {} ({reason})", text.progress.state),
        (None, None) => format!("it was {}", text.progress.state),
    };
    let is = match outcome {
        Replay::Again => "it will be posted",
        Replay::LookUp | Replay::LookUpOnly => "it is looked for on X",
        _ => "it is due at once",
    };
    format!("{forced}{was}; {is}")
}
