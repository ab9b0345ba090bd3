//! Whose turn it is among the texts of one phone. The rule is [`first_to_wait_for`]; this reads what
//! the rule needs and wakes the next.

use birdcall_domain::{
    clock::Timestamp,
    phone::Phone,
    text::{Earlier, Kind, Reason, TextState, first_to_wait_for},
};

use super::{Text, read_sid};
use crate::{
    LedgerResult, Tx,
    queue::{self, Job, Priority},
    stored::{known, known_if_any},
    transaction::{fetch_all, fetch_optional},
};

/// A row of what the rule needs.
#[derive(sqlx::FromRow)]
struct EarlierRecord {
    kind: String,
    state: String,
    reason: Option<String>,
    next_attempt_at: i64,
}

impl EarlierRecord {
    fn read(self) -> LedgerResult<Earlier> {
        Ok(Earlier {
            kind: known("texts.kind", &self.kind, Kind::parse)?,
            state: known("texts.state", &self.state, TextState::parse)?,
            reason: known_if_any("texts.reason", self.reason.as_deref(), Reason::parse)?,
            due_at: Timestamp(self.next_attempt_at),
        })
    }
}

/// When the first text that has to end before `text` is due, if there is one.
pub(super) async fn earlier_open(tx: &mut Tx, text: &Text) -> LedgerResult<Option<Timestamp>> {
    let open = fetch_all!(
        tx,
        EarlierRecord,
        "SELECT kind, state, reason, next_attempt_at FROM texts
         WHERE phone = $1 AND arrival < $2 AND next_attempt_at IS NOT NULL ORDER BY arrival",
        text.from.as_str(),
        text.arrival,
    )?;
    let open: LedgerResult<Vec<Earlier>> = open.into_iter().map(EarlierRecord::read).collect();
    Ok(first_to_wait_for(text.progress.kind, &open?))
}

/// Which text may be woken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Any text.
    Any,
    /// A command only, because a post waits in front of the others.
    Command,
}

/// Makes the next text of the phone that waits for its turn due at once, and returns its kind, if there
/// is one. `settled` is the text that was just settled: it is not its own successor.
pub(super) async fn wake_next(
    tx: &mut Tx,
    phone: &Phone,
    settled: &str,
    which: Next,
    now: Timestamp,
) -> LedgerResult<Option<Kind>> {
    let next = fetch_optional!(
        tx,
        (String, String, i64),
        "UPDATE texts SET next_attempt_at = $2, woken_at = $2 WHERE sid = (
             SELECT sid FROM texts WHERE phone = $1 AND state = 'waiting' AND reason = 'order'
             AND next_attempt_at IS NOT NULL AND ($3 = 1 OR kind = 'command') AND sid <> $4
             ORDER BY arrival LIMIT 1)
         RETURNING sid, kind, received_at",
        phone.as_str(),
        now.0,
        i64::from(which == Next::Any),
        settled,
    )?;
    let Some((sid, kind, received_at)) = next else {
        return Ok(None);
    };
    let kind = known("texts.kind", &kind, Kind::parse)?;
    let job = Job::for_text(kind, &read_sid(&sid)?);
    queue::push_overdue(tx, &job, Timestamp(received_at), Priority::Begun).await?;
    Ok(Some(kind))
}
