//! A replay of many in a worker's hand, and how its row is written.

use std::time::Duration;

use birdcall_domain::{
    clock::Timestamp,
    replay_run::{ReplayCounts, ReplayRun},
    text::{MessageSid, Replay},
};

use crate::{LedgerResult, Tx, transaction::execute};

/// The right to carry a replay of many on, until the lease ends, and how far it has come.
pub struct RunInHand {
    /// The run as it was claimed.
    pub run: ReplayRun,
    /// When the next text is due by the pace.
    pub next_text_at: Timestamp,
    pub(super) owner: String,
    pub(super) lease: Duration,
    pub(super) place: Place,
    /// What was passed over since the last write.
    pub(super) passed: ReplayCounts,
}

/// The place after a text, in the order of arrival.
#[derive(Clone)]
pub(super) struct Place {
    pub(super) received: i64,
    pub(super) arrival: i64,
    pub(super) sid: String,
}

/// A text that a run reaches.
pub struct RunText {
    pub(super) sid: MessageSid,
    pub(super) place: Place,
    /// `None`: it does not match.
    pub(super) outcome: Option<Replay>,
}

impl RunText {
    /// Whether the run has to act on it. Otherwise [`RunInHand::pass_over`] is all.
    #[must_use]
    pub fn acts(&self) -> bool {
        self.outcome.is_some_and(Replay::acts)
    }
}

/// The texts that a run reaches next.
pub enum NextTexts {
    /// These, oldest first.
    Some(Vec<RunText>),
    /// The run has reached all.
    AtEnd,
}

/// What became of one text of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextRun {
    /// The run moved past it.
    Run(Replay),
    /// The run was stopped, or another worker has it. Nothing was written.
    Lost,
}

impl RunInHand {
    /// Moves past a text on which the run does not act. The next write says so.
    pub fn pass_over(&mut self, text: &RunText) {
        self.place = text.place.clone();
        if let Some(outcome) = text.outcome {
            self.passed.add(outcome, 1);
        }
    }
}

/// What happens to a run after a write.
pub(super) enum Next {
    /// Its worker keeps it.
    Held {
        next_text_at: Timestamp,
        until: Timestamp,
    },
    /// A worker takes it at this moment.
    Due(Timestamp),
    /// Nothing.
    Over,
}

/// Moves a run to `place`, if its claim still holds it. The run is written last in its transaction: the
/// lane of a phone is locked first, as everybody does.
pub(super) async fn write(
    tx: &mut Tx,
    hand: &RunInHand,
    place: &Place,
    counts: ReplayCounts,
    next: Next,
    now: Timestamp,
) -> LedgerResult<bool> {
    let (state, next_text_at, due, lease_until) = match next {
        Next::Held {
            next_text_at,
            until,
        } => ("running", next_text_at, Some(until.0), Some(until.0)),
        Next::Due(at) => ("running", hand.next_text_at, Some(at.0), None),
        Next::Over => ("done", hand.next_text_at, None, None),
    };
    let count = |outcome| i64::try_from(counts.get(outcome)).unwrap_or(i64::MAX);
    let moved = execute!(
        tx,
        "UPDATE replay_runs SET at_received = $3, at_arrival = $4, at_sid = $5, state = $6, next_text_at = $7,
             next_attempt_at = CAST($8 AS BIGINT), lease_until = CAST($9 AS BIGINT),
             lease_owner = CASE WHEN CAST($9 AS BIGINT) IS NULL THEN NULL ELSE lease_owner END,
             updated_at = $10, finished_at = CASE WHEN CAST($8 AS BIGINT) IS NULL THEN $10 END,
             words = CASE WHEN CAST($8 AS BIGINT) IS NULL AND words IS NOT NULL THEN '' ELSE words END,
             count_again = count_again + $11, count_look_up = count_look_up + $12,
             count_look_up_only = count_look_up_only + $13, count_open = count_open + $14,
             count_already_posted = count_already_posted + $15, count_taken_back = count_taken_back + $16,
             count_not_a_post = count_not_a_post + $17, count_forgotten = count_forgotten + $18,
             count_no_words = count_no_words + $19,
             count_unknown = count_unknown + $20
         WHERE id = $1 AND lease_owner = $2 AND next_attempt_at IS NOT NULL",
        &hand.run.id,
        &hand.owner,
        place.received,
        place.arrival,
        &place.sid,
        state,
        next_text_at.0,
        due,
        lease_until,
        now.0,
        count(Replay::Again),
        count(Replay::LookUp),
        count(Replay::LookUpOnly),
        count(Replay::Open),
        count(Replay::AlreadyPosted),
        count(Replay::TakenBack),
        count(Replay::NotAPost),
        count(Replay::Forgotten),
        count(Replay::NoWords),
        count(Replay::Unknown),
    )?;
    Ok(moved > 0)
}
