//! Whose turn it is among the texts of one phone. The rule is [`first_to_wait_for`]; this reads what
//! the rule needs and wakes the next.

use birdcall_domain::{
    clock::Timestamp,
    phone::Phone,
    text::{Earlier, Kind, Reason, TextState, Waiter, first_to_wait_for},
};

use super::{Text, read_sid};
use crate::{
    LedgerResult, Tx,
    queue::{self, Job, Priority},
    stored::{known, known_if_any},
    transaction::{execute, fetch_all, fetch_optional},
};

/// A row of what the rule needs.
#[derive(sqlx::FromRow)]
struct EarlierRecord {
    kind: String,
    state: String,
    reason: Option<String>,
    next_attempt_at: i64,
    lease_until: Option<i64>,
}

impl EarlierRecord {
    fn read(self, now: Timestamp) -> LedgerResult<Earlier> {
        Ok(Earlier {
            kind: known("texts.kind", &self.kind, Kind::parse)?,
            state: known("texts.state", &self.state, TextState::parse)?,
            reason: known_if_any("texts.reason", self.reason.as_deref(), Reason::parse)?,
            due_at: Timestamp(self.next_attempt_at),
            held: self.lease_until.is_some_and(|until| until > now.0),
        })
    }
}

/// When the first text that has to end before `text` is due, if there is one.
pub(super) async fn earlier_open(
    tx: &mut Tx,
    text: &Text,
    now: Timestamp,
) -> LedgerResult<Option<Timestamp>> {
    let open = fetch_all!(
        tx,
        EarlierRecord,
        "SELECT kind, state, reason, next_attempt_at, lease_until FROM texts
         WHERE phone = $1 AND arrival < $2 AND next_attempt_at IS NOT NULL ORDER BY arrival",
        text.from.as_str(),
        text.arrival,
    )?;
    let open: LedgerResult<Vec<Earlier>> = open.into_iter().map(|row| row.read(now)).collect();
    let waiter = Waiter::of(text.progress.kind, &text.body);
    Ok(first_to_wait_for(waiter, &open?))
}

/// Commands that are woken at once, in addition to the next text.
const COMMANDS_WOKEN_AT_ONCE: i64 = 20;

/// A text that waits for its turn.
#[derive(sqlx::FromRow)]
struct WaitingRecord {
    sid: String,
    kind: String,
    body: String,
    received_at: i64,
}

/// Wakes the texts of the phone that wait for their turn and may have it now that `settled` is: the
/// next one, unless `settled` still holds the others up; the next command, even if posts wait before
/// it; and every command that overtakes commands, too. Whether it is their turn is seen when they are
/// claimed.
pub(super) async fn wake_next(
    tx: &mut Tx,
    phone: &Phone,
    settled: &str,
    still_blocks: bool,
    now: Timestamp,
) -> LedgerResult<()> {
    let next = fetch_optional!(
        tx,
        WaitingRecord,
        "SELECT sid, kind, body, received_at FROM texts WHERE phone = $1 AND state = 'waiting' AND reason = 'order'
             AND next_attempt_at IS NOT NULL AND $2 = 0 AND sid <> $3 ORDER BY arrival LIMIT 1",
        phone.as_str(),
        i64::from(still_blocks),
        settled,
    )?;
    let mut commands = fetch_all!(
        tx,
        WaitingRecord,
        "SELECT sid, kind, body, received_at FROM texts WHERE phone = $1 AND state = 'waiting' AND reason = 'order'
             AND next_attempt_at IS NOT NULL AND kind = 'command' AND sid <> $2 ORDER BY arrival LIMIT $3",
        phone.as_str(),
        settled,
        COMMANDS_WOKEN_AT_ONCE,
    )?;
    let mut changes = false;
    commands.retain(|command| match Waiter::of(Kind::Command, &command.body) {
        Waiter::Post | Waiter::Command => !std::mem::replace(&mut changes, true),
        Waiter::Answer | Waiter::Stop => true,
    });
    let next = next.filter(|next| commands.iter().all(|command| command.sid != next.sid));
    for waiting in next.into_iter().chain(commands) {
        execute!(
            tx,
            "UPDATE texts SET next_attempt_at = $2, woken_at = $2 WHERE sid = $1",
            &waiting.sid,
            now.0,
        )?;
        let kind = known("texts.kind", &waiting.kind, Kind::parse)?;
        let job = Job::for_text(kind, &read_sid(&waiting.sid)?);
        queue::push_overdue(tx, &job, Timestamp(waiting.received_at), Priority::Begun).await?;
    }
    Ok(())
}
