//! The rows of `replay_runs`, and the typed value that everybody else sees.

use birdcall_domain::{
    clock::Timestamp,
    phone::Phone,
    replay_run::{Pace, ReplayCounts, ReplayFilter, ReplayRun, RunState},
    text::{Reason, Replay, TextState},
};

use crate::{
    LedgerError, LedgerResult,
    stored::{known, known_if_any, moment},
};

/// A row of `replay_runs`.
#[derive(sqlx::FromRow)]
pub(super) struct RunRecord {
    id: String,
    states: String,
    phone: Option<String>,
    reason: Option<String>,
    since: i64,
    until_at: i64,
    words: Option<String>,
    error: Option<String>,
    force_posts: i64,
    pace: i64,
    who: String,
    why: String,
    state: String,
    planned: i64,
    planned_all: i64,
    pub(super) at_received: i64,
    pub(super) at_arrival: i64,
    pub(super) at_sid: String,
    next_text_at: i64,
    count_again: i64,
    count_look_up: i64,
    count_look_up_only: i64,
    count_open: i64,
    count_already_posted: i64,
    count_taken_back: i64,
    count_not_a_post: i64,
    count_forgotten: i64,
    count_no_words: i64,
    count_unknown: i64,
    created_at: i64,
    updated_at: i64,
    finished_at: Option<i64>,
}

impl RunRecord {
    fn counts(&self) -> ReplayCounts {
        let mut counts = ReplayCounts::default();
        for (outcome, count) in [
            (Replay::Again, self.count_again),
            (Replay::LookUp, self.count_look_up),
            (Replay::LookUpOnly, self.count_look_up_only),
            (Replay::Open, self.count_open),
            (Replay::AlreadyPosted, self.count_already_posted),
            (Replay::TakenBack, self.count_taken_back),
            (Replay::NotAPost, self.count_not_a_post),
            (Replay::Forgotten, self.count_forgotten),
            (Replay::NoWords, self.count_no_words),
            (Replay::Unknown, self.count_unknown),
        ] {
            counts.add(outcome, natural(count));
        }
        counts
    }
}

impl TryFrom<RunRecord> for ReplayRun {
    type Error = LedgerError;

    fn try_from(row: RunRecord) -> LedgerResult<Self> {
        let counts = row.counts();
        let states = row.states.split(',').filter(|state| !state.is_empty());
        let states = states.map(|state| known("replay_runs.states", state, TextState::parse));
        let phone = row.phone.as_deref();
        let phone = phone.map(|phone| {
            known("replay_runs.phone", phone, |phone| {
                phone.parse::<Phone>().ok()
            })
        });
        let pace = u32::try_from(row.pace).ok().and_then(Pace::per_minute);
        Ok(Self {
            filter: ReplayFilter {
                states: states.collect::<LedgerResult<_>>()?,
                phone: phone.transpose()?,
                reason: known_if_any("replay_runs.reason", row.reason.as_deref(), Reason::parse)?,
                error: row.error,
                since: Timestamp(row.since),
                until: Timestamp(row.until_at),
                contains: row.words,
            },
            force: row.force_posts != 0,
            pace: pace.ok_or_else(|| {
                LedgerError::Inconsistent(format!("replay_runs.pace is {}", row.pace))
            })?,
            state: known("replay_runs.state", &row.state, RunState::parse)?,
            planned: natural(row.planned),
            planned_all: row.planned_all != 0,
            counts,
            id: row.id,
            who: row.who,
            why: row.why,
            created_at: Timestamp(row.created_at),
            updated_at: Timestamp(row.updated_at),
            finished_at: moment(row.finished_at),
            next_text_at: Timestamp(row.next_text_at),
        })
    }
}

/// A stored count.
pub(super) fn natural(count: i64) -> u64 {
    u64::try_from(count).unwrap_or(0)
}
