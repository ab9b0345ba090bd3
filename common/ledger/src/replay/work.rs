//! A worker's part of a replay of many.
//!
//! A text is run again and the run moves past it in one transaction, so a worker that dies at any
//! moment leaves no text that was skipped, and none that will be run twice. Each write names the claim, so
//! only the worker that holds the run writes it.

use std::time::Duration;

use birdcall_domain::{
    clock::Timestamp,
    phone::Phone,
    replay_run::{ReplayCounts, ReplayFilter, ReplayRun},
    text::Reason,
};
use sqlx::AssertSqlSafe;

use super::{
    ReplayOrder,
    hand::{Next, NextTexts, Place, RunInHand, RunText, TextRun, write},
    matching::walk_sql,
    outcome_of,
    record::RunRecord,
    replay_in,
};
use crate::{
    Ledger, LedgerResult,
    audit::By,
    lease::Claimant,
    queue::{self, Job},
    texts::{Text, TextRecord, literally},
    transaction::{fetch_all, fetch_optional},
};

/// How many texts are looked at in one read. Their bodies are in memory at the same time.
const READ_AT_ONCE: i64 = 500;

/// A row of `texts`, and whether it matches.
#[derive(sqlx::FromRow)]
struct WalkRecord {
    #[sqlx(flatten)]
    text: TextRecord,
    matches: i64,
}

impl Ledger {
    /// Claims a replay of many if it is due and nobody holds it.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn take_replay_run(
        &self,
        id: &str,
        by: Claimant<'_>,
    ) -> LedgerResult<Option<RunInHand>> {
        let mut tx = self.write("take_replay_run").await?;
        let row = fetch_optional!(
            tx,
            RunRecord,
            "UPDATE replay_runs SET state = 'running', lease_owner = $2, lease_until = $4, next_attempt_at = $4, woken_at = 0
             WHERE id = $1 AND next_attempt_at <= $3 AND (lease_owner IS NULL OR lease_until <= $3) RETURNING *",
            id,
            by.owner,
            by.now.0,
            (by.now + by.lease).0,
        )?;
        tx.commit().await?;
        let Some(row) = row else { return Ok(None) };
        let place = Place {
            received: row.at_received,
            arrival: row.at_arrival,
            sid: row.at_sid.clone(),
        };
        let run = ReplayRun::try_from(row)?;
        Ok(Some(RunInHand {
            next_text_at: run.next_text_at,
            run,
            owner: by.owner.to_owned(),
            lease: by.lease,
            place,
            passed: ReplayCounts::default(),
        }))
    }

    /// The texts that the run reaches next, oldest first. It changes nothing.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn next_of_run(&self, hand: &RunInHand) -> LedgerResult<NextTexts> {
        let ReplayFilter {
            phone,
            reason,
            until,
            contains,
            error,
            ..
        } = &hand.run.filter;
        let mut tx = self.read("next_of_run").await?;
        let rows = fetch_all!(
            tx,
            WalkRecord,
            AssertSqlSafe(walk_sql(&hand.run.filter)),
            phone.as_ref().map(Phone::as_str),
            hand.place.received,
            until.0,
            reason.map(Reason::as_str),
            contains.as_deref().map(literally),
            READ_AT_ONCE,
            hand.place.arrival,
            &hand.place.sid,
            error.as_deref().map(literally),
        )?;
        if rows.is_empty() {
            return Ok(NextTexts::AtEnd);
        }
        let texts = rows.into_iter().map(|row| {
            let matches = row.matches != 0;
            let text = Text::try_from(row.text)?;
            Ok(RunText {
                outcome: matches.then(|| outcome_of(&text, hand.run.force)),
                place: Place {
                    received: text.progress.received_at.0,
                    arrival: text.arrival,
                    sid: text.sid.to_string(),
                },
                sid: text.sid,
            })
        });
        Ok(NextTexts::Some(texts.collect::<LedgerResult<_>>()?))
    }

    /// Runs one text again and moves the run past it, in one transaction. The text is judged as it is
    /// now.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`]; nothing was changed.
    pub async fn run_text(
        &self,
        hand: &mut RunInHand,
        text: &RunText,
        retry_horizon: Duration,
        audit_id: &str,
        now: Timestamp,
    ) -> LedgerResult<TextRun> {
        let mut tx = self.write("run_text").await?;
        let order = ReplayOrder {
            force: hand.run.force,
            dry_run: false,
            retry_horizon,
            by: By {
                actor: &hand.run.who,
                reason: &hand.run.why,
                audit_id,
            },
        };
        let outcome = replay_in(&mut tx, &text.sid, order, now).await?;
        let mut counts = hand.passed;
        counts.add(outcome, 1);
        let next_text_at = hand.run.pace.next(hand.next_text_at, now);
        let until = now + hand.lease;
        if !write(
            &mut tx,
            hand,
            &text.place,
            counts,
            Next::Held {
                next_text_at,
                until,
            },
            now,
        )
        .await?
        {
            return Ok(TextRun::Lost);
        }
        tx.commit().await?;
        hand.passed = ReplayCounts::default();
        hand.place = text.place.clone();
        hand.next_text_at = next_text_at;
        Ok(TextRun::Run(outcome))
    }

    /// Writes what was passed over, and keeps the run. `false`: it was stopped, or another worker has it.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`]; nothing was written.
    pub async fn keep_run(&self, hand: &mut RunInHand, now: Timestamp) -> LedgerResult<bool> {
        let mut tx = self.write("keep_run").await?;
        let next = Next::Held {
            next_text_at: hand.next_text_at,
            until: now + hand.lease,
        };
        let kept = write(&mut tx, hand, &hand.place, hand.passed, next, now).await?;
        if kept {
            tx.commit().await?;
            hand.passed = ReplayCounts::default();
        }
        Ok(kept)
    }

    /// Gives a run back until its next text is due. `false`: it was stopped, or another worker has it.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`]; another worker takes it when its lease ends.
    pub async fn rest_run(&self, hand: &RunInHand, now: Timestamp) -> LedgerResult<bool> {
        let mut tx = self.write("rest_run").await?;
        let at = hand.next_text_at.max(now);
        let rested = write(&mut tx, hand, &hand.place, hand.passed, Next::Due(at), now).await?;
        if rested {
            queue::push(&mut tx, &Job::replay(&hand.run.id), at, now).await?;
            tx.commit().await?;
        }
        Ok(rested)
    }

    /// Ends a run that has reached all its texts. `false`: it was stopped, or another worker has it.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`]; another worker ends it.
    pub async fn end_run(&self, hand: &RunInHand, now: Timestamp) -> LedgerResult<bool> {
        let mut tx = self.write("end_run").await?;
        let ended = write(&mut tx, hand, &hand.place, hand.passed, Next::Over, now).await?;
        if ended {
            tx.commit().await?;
        }
        Ok(ended)
    }
}
