//! Plans and replays of many as JSON.

use std::collections::BTreeMap;

use birdcall_domain::{
    clock::Timestamp,
    replay_run::{Pace, ReplayCounts, ReplayPlan, ReplayRun, RunState},
    text::{Reason, Replay, TextState},
};
use serde::Serialize;

/// How many texts have each outcome, by its word.
type Outcomes = BTreeMap<&'static str, u64>;

fn outcomes(counts: &ReplayCounts) -> Outcomes {
    let each = Replay::ALL.into_iter();
    each.map(|outcome| (outcome.key(), counts.get(outcome)))
        .collect()
}

/// What a replay would do.
#[derive(Serialize)]
pub(super) struct PlanView {
    texts: u64,
    /// `false`: there may be more.
    texts_is_exact: bool,
    oldest: Option<String>,
    posts: u64,
    outcomes: Outcomes,
    cost: Option<String>,
    pace: Pace,
}

impl PlanView {
    pub(super) fn new(plan: &ReplayPlan, pace: Pace) -> Self {
        Self {
            texts: plan.counts.total(),
            texts_is_exact: plan.all,
            oldest: plan.oldest.map(Timestamp::to_rfc3339),
            posts: plan.counts.posts(),
            outcomes: outcomes(&plan.counts),
            cost: plan.cost(),
            pace,
        }
    }
}

/// What a replay of all texts that match would do, and what became of it.
#[derive(Serialize)]
pub(super) struct ManyView {
    pub(super) plan: PlanView,
    /// `None`: it was not begun.
    pub(super) run: Option<RunView>,
}

/// A replay that workers carry out.
#[derive(Serialize)]
pub(super) struct RunView {
    id: String,
    state: RunState,
    states: Vec<TextState>,
    phone: Option<String>,
    reason: Option<Reason>,
    error: Option<String>,
    since: Option<String>,
    until: String,
    contains: Option<String>,
    force: bool,
    pace: Pace,
    who: String,
    why: String,
    planned: u64,
    planned_is_exact: bool,
    reached: u64,
    outcomes: Outcomes,
    created_at: String,
    updated_at: String,
    finished_at: Option<String>,
}

impl From<&ReplayRun> for RunView {
    fn from(run: &ReplayRun) -> Self {
        let filter = &run.filter;
        let since = Some(filter.since).filter(|since| *since > Timestamp(0));
        Self {
            id: run.id.clone(),
            state: run.state,
            states: filter.states.clone(),
            phone: filter.phone.as_ref().map(|phone| phone.as_str().to_owned()),
            reason: filter.reason,
            error: filter.error.clone(),
            since: since.map(Timestamp::to_rfc3339),
            until: filter.until.to_rfc3339(),
            contains: filter.contains.clone(),
            force: run.force,
            pace: run.pace,
            who: run.who.clone(),
            why: run.why.clone(),
            planned: run.planned,
            planned_is_exact: run.planned_all,
            reached: run.counts.total(),
            outcomes: outcomes(&run.counts),
            created_at: run.created_at.to_rfc3339(),
            updated_at: run.updated_at.to_rfc3339(),
            finished_at: run.finished_at.map(Timestamp::to_rfc3339),
        }
    }
}
