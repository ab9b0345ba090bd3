//! Running a text again at an operator's word.

use std::time::Duration;

use birdcall_domain::{clock::Timestamp, text::TextState};

use super::{
    Ledger, LedgerResult, audit, audit::Deed, execute, fetch_optional, lanes, texts::TextRow,
};
use crate::{jobs::Job, queue};

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replay {
    /// It will be posted.
    Again,
    /// Whether it was posted is not known: the timeline is read first.
    LookUp,
    /// It is posted already; only `--force` posts it a second time.
    AlreadyPosted,
    /// It is being worked on, or waits; it is due at once.
    Open,
    /// A command, the first text of a new number, or one that was never to be posted.
    NotAPost,
    /// Its owner's data was deleted.
    Forgotten,
    /// There is no such text.
    Unknown,
}

impl Replay {
    /// In words.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Again => "will be posted",
            Self::LookUp => "will be looked up at X, and posted if it is not there",
            Self::AlreadyPosted => "is posted already (--force posts it a second time)",
            Self::Open => "is not finished yet; it is due now",
            Self::NotAPost => "is not a text to post",
            Self::Forgotten => "was deleted with its owner's data",
            Self::Unknown => "is not in the ledger",
        }
    }

    /// Whether something will happen.
    #[must_use]
    pub fn acts(self) -> bool {
        matches!(self, Self::Again | Self::LookUp | Self::Open)
    }
}

/// How a replay is asked for.
#[derive(Clone, Copy, Debug)]
pub struct ReplayOrder<'a> {
    /// Post it even if it was posted, or may have been.
    pub force: bool,
    /// Change nothing; only say what would happen.
    pub dry_run: bool,
    /// From now on it has this long.
    pub retry_horizon: Duration,
    /// Who asks.
    pub actor: &'a str,
    /// The audit record's id.
    pub audit_id: &'a str,
}

impl Ledger {
    /// Runs a text again. What is posted already is never posted twice without `force`; what may
    /// be posted is looked up first.
    ///
    /// # Errors
    ///
    /// The database is not available; nothing was changed.
    pub async fn replay(
        &self,
        sid: &str,
        order: ReplayOrder<'_>,
        now: Timestamp,
    ) -> LedgerResult<Replay> {
        let mut tx = self.write().await?;
        let Some(phone) = lanes::lock_for_text(&mut tx, sid, now).await? else {
            return Ok(Replay::Unknown);
        };
        if phone.is_empty() {
            return Ok(Replay::Forgotten);
        }
        let Some(text) =
            fetch_optional!(&mut tx, TextRow, "SELECT * FROM texts WHERE sid = $1", sid)?
        else {
            return Ok(Replay::Unknown);
        };
        let replay = judge(&text, order.force)?;
        if order.dry_run || !replay.acts() {
            return Ok(replay);
        }
        match replay {
            // Forced, the proof of the first post goes to the audit; it would forbid a second one.
            Replay::Again => {
                execute!(
                    &mut tx,
                    "UPDATE texts SET state = 'received', reason = NULL, post_id = NULL, published_at = NULL,
                         undone_at = NULL, next_attempt_at = $2, deadline_at = $3, failures = 0, checks = 0, claims = 0, deaths = 0,
                         unauthorized_version = NULL, woken_at = $2, replays = replays + 1 WHERE sid = $1",
                    sid,
                    now.0,
                    (now + order.retry_horizon).0,
                )?;
            }
            Replay::LookUp => {
                execute!(
                    &mut tx,
                    "UPDATE texts SET next_attempt_at = $2, deadline_at = $3, failures = 0, checks = 0, claims = 0, deaths = 0,
                         woken_at = $2, replays = replays + 1 WHERE sid = $1",
                    sid,
                    now.0,
                    (now + order.retry_horizon).0,
                )?;
            }
            // Not before the lease of whoever works on it is over.
            _ => {
                execute!(
                    &mut tx,
                    "UPDATE texts SET next_attempt_at = $2, woken_at = $2 WHERE sid = $1 AND lease_owner IS NULL",
                    sid,
                    now.0,
                )?;
            }
        }
        queue::push(&mut tx, &Job::for_text(&text.kind, sid), now, now).await?;
        let detail = match (&text.post_id, order.force) {
            (Some(post_id), true) => format!("forced; it was posted as {post_id}"),
            (None, true) => format!("forced; it was {}", text.state),
            (_, false) => format!("it was {}", text.state),
        };
        let deed = Deed {
            actor: order.actor,
            action: "replay",
            subject: sid,
            detail: &detail,
        };
        audit::record(&mut tx, order.audit_id, deed, now).await?;
        tx.commit().await?;
        Ok(replay)
    }
}

fn judge(text: &TextRow, force: bool) -> LedgerResult<Replay> {
    if text.kind != "post" {
        return Ok(Replay::NotAPost);
    }
    Ok(match text.text_state()? {
        TextState::Published if !force => Replay::AlreadyPosted,
        TextState::InDoubt if text.next_attempt_at.is_none() && !force => Replay::LookUp,
        TextState::InDoubt if text.next_attempt_at.is_some() => Replay::Open,
        TextState::Received | TextState::Waiting | TextState::Publishing => Replay::Open,
        TextState::Published | TextState::InDoubt | TextState::Refused | TextState::Failed => {
            Replay::Again
        }
        TextState::Command | TextState::Ignored => Replay::NotAPost,
    })
}
