//! Replays of many texts: begun, listed and stopped.

use birdcall_domain::{
    clock::Timestamp,
    phone::Phone,
    replay_run::{BeginReplay, Pace, ReplayFilter, ReplayRun, StopReplay},
    text::Reason,
};

use super::record::{RunRecord, natural};
use crate::{
    Ledger, LedgerError, LedgerResult,
    audit::{self, By},
    queue::{self, Job},
    transaction::{execute, fetch_all, fetch_optional},
};

/// At most this many replays of many texts are not over at the same time.
pub const RUNS_OPEN_MAX: u64 = 20;

/// A replay of many texts to begin.
#[derive(Clone, Debug)]
pub struct NewRun {
    /// Which texts.
    pub filter: ReplayFilter,
    /// Also post what is, or may be, on X already.
    pub force: bool,
    /// How fast.
    pub pace: Pace,
}

impl Ledger {
    /// Begins a replay of many, which workers carry out. The same audit id begins one replay, however
    /// often it comes.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`]; nothing was begun.
    pub async fn begin_replay(
        &self,
        new: &NewRun,
        by: By<'_>,
        now: Timestamp,
    ) -> LedgerResult<BeginReplay> {
        let id = format!("R{}", by.audit_id);
        let filter = &new.filter;
        let plan = self.plan_replay(filter, new.force).await?;
        let mut tx = self.write("begin_replay").await?;
        let states: Vec<&str> = filter.states.iter().map(|state| state.as_str()).collect();
        let known_sql = "SELECT * FROM replay_runs WHERE id = $1";
        if let Some(known) = fetch_optional!(tx, RunRecord, known_sql, &id)? {
            return Ok(BeginReplay::Begun(Box::new(known.try_into()?)));
        }
        let open_sql = "SELECT COUNT(*) FROM replay_runs WHERE next_attempt_at IS NOT NULL";
        let (open,) = fetch_optional!(tx, (i64,), open_sql)?.unwrap_or_default();
        if natural(open) >= RUNS_OPEN_MAX {
            return Ok(BeginReplay::TooMany(natural(open)));
        }
        // Texts that were not looked at may be there to run again.
        if plan.all && plan.counts.acting() == 0 {
            return Ok(BeginReplay::NothingToDo);
        }
        let row = fetch_optional!(
            tx,
            RunRecord,
            "INSERT INTO replay_runs (id, states, phone, reason, since, until_at, words, force_posts, pace, who, why,
                 state, planned, planned_all, at_received, at_arrival, at_sid, next_text_at, next_attempt_at, woken_at,
                 count_again, count_look_up, count_look_up_only, count_open, count_already_posted, count_taken_back,
                 count_not_a_post, count_forgotten, count_no_words, count_unknown, created_at, updated_at, error)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'planned', $12, $13, $5, $14, '', $15, $15, $15,
                 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, $15, $15, $16)
             ON CONFLICT (id) DO NOTHING RETURNING *",
            &id,
            states.join(","),
            filter.phone.as_ref().map(Phone::as_str),
            filter.reason.map(Reason::as_str),
            filter.since.0,
            filter.until.0,
            filter.contains.as_deref(),
            i64::from(new.force),
            i64::from(new.pace.texts()),
            by.actor,
            by.reason,
            i64::try_from(plan.counts.total()).unwrap_or(i64::MAX),
            i64::from(plan.all),
            i64::MIN,
            now.0,
            filter.error.as_deref(),
        )?;
        let Some(row) = row else {
            // It was begun at the same moment, as when a button is pressed twice.
            let known = fetch_optional!(tx, RunRecord, known_sql, &id)?;
            let known = known.ok_or_else(|| {
                LedgerError::Inconsistent("a replay was begun and is not there".to_owned())
            })?;
            return Ok(BeginReplay::Begun(Box::new(known.try_into()?)));
        };
        queue::push(&mut tx, &Job::replay(&id), now, now).await?;
        let run = ReplayRun::try_from(row)?;
        let forced = if run.force { "forced; " } else { "" };
        let at_least = if plan.all { "" } else { "at least " };
        let (texts, pace) = (plan.counts.total(), run.pace);
        let detail = format!(
            "{forced}{}; {at_least}{texts} texts, {pace}",
            run.filter.words()
        );
        audit::record_by(&mut tx, by, "begin_replay", &id, &detail, now).await?;
        tx.commit().await?;
        Ok(BeginReplay::Begun(Box::new(run)))
    }

    /// Replays of many, the latest first.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn replay_runs(&self, limit: i64) -> LedgerResult<Vec<ReplayRun>> {
        let mut tx = self.read("replay_runs").await?;
        let sql = "SELECT * FROM replay_runs ORDER BY created_at DESC, id LIMIT $1";
        let rows = fetch_all!(tx, RunRecord, sql, limit)?;
        rows.into_iter().map(ReplayRun::try_from).collect()
    }

    /// One replay of many.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn replay_run(&self, id: &str) -> LedgerResult<Option<ReplayRun>> {
        let mut tx = self.read("replay_run").await?;
        let sql = "SELECT * FROM replay_runs WHERE id = $1";
        let row = fetch_optional!(tx, RunRecord, sql, id)?;
        row.map(ReplayRun::try_from).transpose()
    }

    /// Stops a replay of many: it reaches no further text. A worker that holds it notices before its
    /// next text.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`]; nothing was changed.
    pub async fn stop_replay(
        &self,
        id: &str,
        by: By<'_>,
        now: Timestamp,
    ) -> LedgerResult<StopReplay> {
        let mut tx = self.write("stop_replay").await?;
        let row = fetch_optional!(
            tx,
            RunRecord,
            "UPDATE replay_runs SET state = 'stopped', next_attempt_at = NULL, lease_owner = NULL, lease_until = NULL,
                 words = CASE WHEN words IS NULL THEN NULL ELSE '' END, updated_at = $2, finished_at = $2
             WHERE id = $1 AND next_attempt_at IS NOT NULL RETURNING *",
            id,
            now.0,
        )?;
        let Some(row) = row else {
            let sql = "SELECT id FROM replay_runs WHERE id = $1";
            let known = fetch_optional!(tx, (String,), sql, id)?;
            return Ok(known.map_or(StopReplay::Unknown, |_| StopReplay::WasOver));
        };
        let run = ReplayRun::try_from(row)?;
        let detail = format!("it had reached {} of its texts", run.counts.total());
        audit::record_by(&mut tx, by, "stop_replay", id, &detail, now).await?;
        tx.commit().await?;
        Ok(StopReplay::Stopped)
    }

    /// Removes the replays of many that were over before `before`, and returns how many.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn prune_replay_runs(&self, before: Timestamp) -> LedgerResult<u64> {
        let mut tx = self.write("prune_replay_runs").await?;
        let sql = "DELETE FROM replay_runs WHERE finished_at < $1";
        let removed = execute!(tx, sql, before.0)?;
        tx.commit().await?;
        Ok(removed)
    }
}
