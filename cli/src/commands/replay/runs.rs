//! Replays that workers carry out: list, show and stop them.

use birdcall_domain::{
    replay_run::{ReplayRun, StopReplay},
    wording::{age, moment},
};
use birdcall_ledger::Ledger;
use serde::Serialize;

use super::view::RunView;
use crate::{
    args::RunsCommand,
    environment::{now, random},
    failure::{Done, Failure},
    operator::Who,
    output::{self, Record},
};

/// What became of the order to stop a replay.
#[derive(Serialize)]
struct StopView {
    id: String,
    outcome: StopReplay,
    message: &'static str,
}

pub(super) async fn run(ledger: &Ledger, command: &RunsCommand, who: &Who, json: bool) -> Done {
    match command {
        RunsCommand::Runs { limit } => list(ledger, *limit, json).await,
        RunsCommand::Show { id } => {
            let run = ledger.replay_run(id).await?.ok_or_else(|| unknown(id))?;
            if json {
                output::object(&RunView::from(&run));
            } else {
                output::record(record(&run));
            }
            Ok(())
        }
        RunsCommand::Stop { id } => {
            let audit_id = random().id();
            let stopped = ledger.stop_replay(id, who.by(&audit_id), now());
            let outcome = stopped.await?;
            if outcome == StopReplay::Unknown {
                return Err(unknown(id));
            }
            if json {
                output::object(&StopView {
                    id: id.clone(),
                    outcome,
                    message: outcome.words(),
                });
            } else {
                output::line(outcome.words());
            }
            Ok(())
        }
    }
}

fn unknown(id: &str) -> Failure {
    Failure::Refused(format!(
        "there is no replay {id}: see `birdcall replay runs`"
    ))
}

async fn list(ledger: &Ledger, limit: i64, json: bool) -> Done {
    let runs = ledger.replay_runs(limit).await?;
    if json {
        let views: Vec<RunView> = runs.iter().map(RunView::from).collect();
        output::object(&views);
        return Ok(());
    }
    let now = now();
    let columns = ["id", "state", "texts", "begun", "by", "filter"];
    output::table(&runs, &columns, |run| {
        vec![
            run.id.clone(),
            run.state.to_string(),
            run.reached(),
            age(run.created_at, now),
            run.who.clone(),
            run.filter.words(),
        ]
    });
    Ok(())
}

fn record(run: &ReplayRun) -> Record {
    let now = now();
    let mut record = Record::default();
    record.line(&format!("{}: {} texts", run.state, run.reached()));
    for line in run.counts.lines() {
        record.line(&format!("  {line}"));
    }
    record.gap();
    record.field("Texts", run.filter.words());
    record.field("Error", run.filter.error.clone());
    record.field("Forced", run.force.then(|| "yes".to_owned()));
    record.field("Pace", run.pace.to_string());
    record.field("By", run.who.clone());
    record.field("Why", Some(run.why.clone()).filter(|why| !why.is_empty()));
    record.field("Begun", moment(run.created_at, now));
    record.field("Rest takes", run.rest_takes());
    record.field("Will be done", run.done_at(now));
    record.field("Over", run.finished_at.map(|at| moment(at, now)));
    record
}
