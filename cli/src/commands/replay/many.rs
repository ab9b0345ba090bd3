//! Begins a replay of all texts that match. Workers carry it out.

use birdcall_common::config;
use birdcall_domain::{
    clock::Timestamp,
    replay_run::{BeginReplay, NO_WORKER, Pace, ReplayFilter, ReplayPlan, RunState},
};
use birdcall_ledger::{Ledger, replay::NewRun};

use super::{
    ask, follow,
    view::{ManyView, PlanView, RunView},
};
use crate::{
    args::ReplayOptions,
    environment::{now, random},
    failure::{Done, Failure},
    operator::Who,
    output::{self, note},
};

pub(super) async fn run(ledger: &Ledger, options: &ReplayOptions, who: &Who, json: bool) -> Done {
    let pace = match options.pace {
        Some(pace) => pace,
        None => config::limits_from_env()?.replay_pace,
    };
    let new = NewRun {
        filter: filter(options, now()),
        force: options.force,
        pace,
    };
    let plan = ledger.plan_replay(&new.filter, new.force).await?;
    if options.dry_run {
        show_plan(&plan, pace, json);
        return Ok(());
    }
    if !ask::allowed(&plan, options)? {
        return Err(Failure::Refused("nothing was replayed".to_owned()));
    }
    let audit_id = random().id();
    let begun = ledger.begin_replay(&new, who.by(&audit_id), now()).await?;
    let run = match begun {
        BeginReplay::Begun(run) => run,
        // Nothing to do is no failure: a script may run this every day.
        BeginReplay::NothingToDo => {
            show_plan(&plan, pace, json);
            note(begun.words());
            return Ok(());
        }
        BeginReplay::TooMany(_) => return Err(Failure::Refused(begun.words())),
    };
    let waits = ledger.workers_alive(now()).await? == 0;
    if waits {
        note(NO_WORKER);
    }
    let run = match waits || options.detach {
        true => *run,
        false => follow::until_over(ledger, &run.id).await?,
    };
    if json {
        output::object(&ManyView {
            plan: PlanView::new(&plan, pace),
            run: Some(RunView::from(&run)),
        });
    } else if run.state.is_over() {
        run.counts.lines().iter().for_each(output::line);
    } else {
        output::line(format!(
            "Workers carry out replay {id}. `birdcall replay show {id}` says how far it has come, and \
             `birdcall replay stop {id}` stops it.",
            id = run.id
        ));
    }
    match run.state {
        RunState::Stopped => Err(Failure::Refused(format!("replay {} was stopped", run.id))),
        _ => Ok(()),
    }
}

fn filter(options: &ReplayOptions, now: Timestamp) -> ReplayFilter {
    ReplayFilter {
        states: options.state.clone(),
        phone: options.phone.clone(),
        reason: options.reason,
        error: options.error.clone(),
        since: options.since.map_or(Timestamp(0), |since| since.at(now)),
        until: options.until.map_or(now, |until| until.at(now).min(now)),
        contains: options.contains.clone(),
    }
}

fn show_plan(plan: &ReplayPlan, pace: Pace, json: bool) {
    if json {
        return output::object(&ManyView {
            plan: PlanView::new(plan, pace),
            run: None,
        });
    }
    output::line(plan.found(now()));
    plan.counts.lines().iter().for_each(output::line);
    plan.cost().iter().for_each(output::line);
    plan.takes(pace).iter().for_each(output::line);
}
