//! What a replay of many texts would do, counted and not done.

use birdcall_domain::{
    clock::Timestamp,
    phone::Phone,
    replay_run::{ReplayFilter, ReplayPlan},
    text::{Kind, Reason, Replay, TextState, replay_of},
};
use sqlx::AssertSqlSafe;

use super::{matching::plan_sql, record::natural, without_words};
use crate::{
    Ledger, LedgerResult,
    stored::{known, known_if_any},
    texts::literally,
    transaction::fetch_all,
};

/// A plan looks at this many texts, the oldest ones, which takes some hundredths of a second.
pub const PLAN_LOOKS_AT: i64 = 10_000;
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
        let mut tx = self.read("plan_replay").await?;
        let rows = fetch_all!(
            tx,
            PlanRecord,
            AssertSqlSafe(plan_sql(filter)),
            filter.phone.as_ref().map(Phone::as_str),
            filter.since.0,
            filter.until.0,
            filter.reason.map(Reason::as_str),
            filter.contains.as_deref().map(literally),
            PLAN_LOOKS_AT,
            i64::MIN,
            "",
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
