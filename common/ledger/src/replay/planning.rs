//! What a replay of many texts would do, counted and not done.

use birdcall_domain::{
    clock::Timestamp,
    phone::Phone,
    replay_run::{ReplayFilter, ReplayPlan},
    text::{Kind, Reason, Replay, TextState, replay_of},
};
use sqlx::AssertSqlSafe;

use super::{
    hand::{Place, RunInHand},
    matching::plan_sql,
    record::natural,
    without_words,
};
use crate::{
    Ledger, LedgerResult,
    stored::{known, known_if_any},
    texts::literally,
    transaction::{execute, fetch_all},
};

/// A plan looks at this many texts, the oldest ones, which takes some hundredths of a second.
pub const PLAN_LOOKS_AT: i64 = 10_000;
/// A run whose texts were not all counted is counted on when fewer than this many counted ones are left.
const COUNT_ON_BEFORE: u64 = 2_000;

/// A group of texts that become the same.
#[derive(sqlx::FromRow)]
struct PlanRecord {
    kind: String,
    state: String,
    reason: Option<String>,
    is_due: i64,
    forgotten: i64,
    no_words: i64,
    matches: i64,
    texts: i64,
    oldest: i64,
}

impl PlanRecord {
    fn outcome(&self, force: bool) -> LedgerResult<Replay> {
        if self.forgotten != 0 {
            return Ok(Replay::Forgotten);
        }
        let outcome = replay_of(
            known("texts.kind", &self.kind, Kind::parse)?,
            known("texts.state", &self.state, TextState::parse)?,
            known_if_any("texts.reason", self.reason.as_deref(), Reason::parse)?,
            self.is_due != 0,
            force,
        );
        Ok(without_words(outcome, self.no_words != 0))
    }
}

impl Ledger {
    /// What a replay of many would do. It looks at the oldest [`PLAN_LOOKS_AT`] texts, and says whether
    /// these were all.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn plan_replay(
        &self,
        filter: &ReplayFilter,
        force: bool,
    ) -> LedgerResult<ReplayPlan> {
        let beginning = Place {
            received: filter.since.0,
            arrival: i64::MIN,
            sid: String::new(),
        };
        self.plan_after(filter, force, &beginning).await
    }

    /// Counts the texts of a run on, if more texts may match than were counted and it is about to reach
    /// the end of those. It returns whether it did.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`]; the run has the number that it had.
    pub async fn count_run_on(&self, hand: &mut RunInHand) -> LedgerResult<bool> {
        let run = &hand.run;
        let reached = run.counts.total();
        if run.planned_all || reached.saturating_add(COUNT_ON_BEFORE) < run.planned {
            return Ok(false);
        }
        let rest = self.plan_after(&run.filter, run.force, &hand.place).await?;
        let planned = reached.saturating_add(rest.counts.total());
        let mut tx = self.write("count_run_on").await?;
        let counted = execute!(
            tx,
            "UPDATE replay_runs SET planned = $3, planned_all = $4 WHERE id = $1 AND lease_owner = $2",
            &run.id,
            &hand.owner,
            i64::try_from(planned).unwrap_or(i64::MAX),
            i64::from(rest.all),
        )?;
        tx.commit().await?;
        hand.run.planned = planned;
        hand.run.planned_all = rest.all;
        Ok(counted > 0)
    }

    /// What a replay would do with the texts after a place.
    async fn plan_after(
        &self,
        filter: &ReplayFilter,
        force: bool,
        place: &Place,
    ) -> LedgerResult<ReplayPlan> {
        let mut tx = self.read("plan_replay").await?;
        let rows = fetch_all!(
            tx,
            PlanRecord,
            AssertSqlSafe(plan_sql(filter)),
            filter.phone.as_ref().map(Phone::as_str),
            place.received,
            filter.until.0,
            filter.reason.map(Reason::as_str),
            filter.contains.as_deref().map(literally),
            PLAN_LOOKS_AT,
            place.arrival,
            &place.sid,
            filter.error.as_deref().map(literally),
        )?;
        let mut plan = ReplayPlan {
            all: rows.iter().map(|row| row.texts).sum::<i64>() < PLAN_LOOKS_AT,
            ..ReplayPlan::default()
        };
        for row in rows.iter().filter(|row| row.matches != 0) {
            plan.counts.add(row.outcome(force)?, natural(row.texts));
            let oldest = Timestamp(row.oldest);
            plan.oldest = Some(plan.oldest.map_or(oldest, |known| known.min(oldest)));
        }
        Ok(plan)
    }
}
