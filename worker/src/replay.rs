//! The `replay` job: carries a replay of many texts on. It runs the texts that are due by the pace of
//! the run, and rests until the next one.

use std::sync::Arc;

use birdcall_ledger::{
    LedgerResult,
    replay::{NextTexts, RunInHand, TextRun},
};

use crate::context::Context;

/// The greatest number of texts that one job runs again. Then a shutdown and other runs have their turn.
const TEXTS_PER_JOB_MAX: u32 = 200;

/// What the job does next.
enum Step {
    /// It reads on.
    GoOn,
    /// It leaves the rest to another job.
    Rest,
    /// The run is not this job's any more.
    Lost,
}

/// Carries a run on, if it is due and no other worker holds it.
pub(crate) async fn carry_on(context: &Arc<Context>, id: &str) -> LedgerResult<()> {
    let owner = context.claim_name();
    let claimant = context.claimant(&owner, context.now());
    let Some(mut hand) = context.ledger.take_replay_run(id, claimant).await? else {
        return Ok(());
    };
    context.config.fail_point.reached("replay.claimed");
    context.ledger.count_run_on(&mut hand).await?;
    let mut run = 0;
    loop {
        match context.ledger.next_of_run(&hand).await? {
            NextTexts::AtEnd => {
                if context.ledger.end_run(&hand, context.now()).await? {
                    tracing::info!(replay.id = id, "a replay of many texts is done");
                }
                return Ok(());
            }
            NextTexts::Some(texts) => match run_some(context, &mut hand, &texts, &mut run).await? {
                Step::GoOn => {}
                Step::Rest => {
                    context.ledger.rest_run(&hand, context.now()).await?;
                    context.config.fail_point.reached("replay.rested");
                    return Ok(());
                }
                Step::Lost => return Ok(()),
            },
        }
    }
}

/// Runs those of the texts that are due by the pace.
async fn run_some(
    context: &Context,
    hand: &mut RunInHand,
    texts: &[birdcall_ledger::replay::RunText],
    run: &mut u32,
) -> LedgerResult<Step> {
    for text in texts {
        if !text.acts() {
            hand.pass_over(text);
            continue;
        }
        let now = context.now();
        if hand.next_text_at > now || *run >= TEXTS_PER_JOB_MAX {
            return Ok(Step::Rest);
        }
        let horizon = context.config.limits.retry_horizon;
        let audit_id = context.random.id();
        let ran = context.ledger.run_text(hand, text, horizon, &audit_id, now);
        match ran.await? {
            TextRun::Run(_) => *run += 1,
            TextRun::Lost => return Ok(Step::Lost),
        }
        context.config.fail_point.reached("replay.text_run");
    }
    // What was passed over is written before more is read, so that the lease is never much older than
    // one read.
    Ok(if context.ledger.keep_run(hand, context.now()).await? {
        Step::GoOn
    } else {
        Step::Lost
    })
}
