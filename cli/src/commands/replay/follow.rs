//! Follows a replay that workers carry out, until it is over.

use std::time::Duration;

use birdcall_domain::{
    replay_run::{NO_WORKER, ReplayRun},
    text::Replay,
    wording::number,
};
use birdcall_ledger::Ledger;

use crate::{environment::now, failure::Failure, output::Progress};

/// The time between two looks.
const LOOK_AGAIN: Duration = Duration::from_millis(200);
/// After this time without a move, the command looks for workers.
const STILL: Duration = Duration::from_secs(15);

/// Shows how far a replay has come until it is over. Ctrl-C ends this command, and not the replay.
pub(super) async fn until_over(ledger: &Ledger, id: &str) -> Result<ReplayRun, Failure> {
    let progress = Progress::begin(0);
    let run = tokio::select! {
        run = follow(ledger, id, &progress) => run,
        _ = tokio::signal::ctrl_c() => Err(Failure::Refused(format!(
            "replay {id} goes on. `birdcall replay show {id}` says how far it has come, and `birdcall \
             replay stop {id}` stops it"
        ))),
    };
    progress.end();
    run
}

async fn follow(ledger: &Ledger, id: &str, progress: &Progress) -> Result<ReplayRun, Failure> {
    let mut told = false;
    loop {
        let run = ledger.replay_run(id).await?.ok_or_else(|| {
            Failure::Refused(format!(
                "replay {id} was deleted together with its number's data"
            ))
        })?;
        let (done, posts) = (run.counts.total(), run.counts.get(Replay::Again));
        let words = format!("{} to be posted", number(posts));
        progress.show(done, run.planned, words);
        if run.state.is_over() {
            return Ok(run);
        }
        let now = now();
        if !told && now.since(run.updated_at) > STILL && ledger.workers_alive(now).await? == 0 {
            progress.note(NO_WORKER);
            told = true;
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}
