//! `birdcall replay`: run texts again.

mod ask;
mod plan;

use std::collections::VecDeque;

use birdcall_common::config;
use birdcall_domain::text::{MessageSid, Replay};
use birdcall_ledger::{Ledger, replay::ReplayOrder, texts::TextWalk};
use plan::{Plan, Tally};
use serde::Serialize;

use crate::{
    args::ReplayOptions,
    environment::{now, open_ledger, random},
    failure::{Done, Failure},
    find::find_text,
    operator::Who,
    output::{self, Progress, Rows},
    terminal,
};

/// How many texts are read at once. Their bodies are in memory at the same time.
const READ_AT_ONCE: i64 = 500;
/// On a terminal, more texts than this are counted and not listed.
const LISTED_MAX: u64 = 100;

/// What happened to one text.
#[derive(Serialize)]
struct ReplayView {
    message_sid: String,
    done: bool,
    outcome: &'static str,
}

/// The texts that the arguments name.
#[derive(Clone)]
enum Chosen {
    /// By sid, as they were given and as the ledger knows them.
    Named(VecDeque<(String, Option<MessageSid>)>),
    /// By state and time.
    Walk(TextWalk),
}

pub(crate) async fn run(options: ReplayOptions, who: &Who, json: bool) -> Done {
    let ledger = open_ledger().await?;
    let (chosen, plan) = choose(&ledger, &options).await?;
    if !options.dry_run && !ask::allowed(&plan, &options)? {
        return Err(Failure::Refused("nothing was replayed".to_owned()));
    }
    let is_listed = json || terminal::width().is_none() || plan.total <= LISTED_MAX;
    let mut rows = Rows::begin(json && is_listed, &["message_sid", "outcome"]);
    let mut tally = Tally::default();
    let mut progress = Progress::begin(plan.total, !is_listed || !terminal::is_stdout());
    let ran = run_each(&ledger, chosen, &options, who, |sid, replay| {
        tally.count(replay);
        progress.step();
        let view = ReplayView {
            done: replay.acts() && !options.dry_run,
            outcome: replay.as_str(),
            message_sid: sid,
        };
        if is_listed {
            let cells = [format!("{:<34}", view.message_sid), view.outcome.to_owned()];
            rows.row(&view, &cells);
        }
    })
    .await;
    progress.end();
    rows.end();
    ran?;
    if !json && options.state.is_some() {
        tally.lines().iter().for_each(output::line);
        if options.dry_run {
            plan.cost().iter().for_each(output::line);
        }
    }
    // A named text that is not run again is an error. With --state, texts that cannot be run again
    // are passed over.
    let named = options.state.is_none() && !options.dry_run;
    match tally.has_unknown() || named && tally.has_passed_over() {
        true => Err(Failure::Refused("some texts were not run again".to_owned())),
        false => Ok(()),
    }
}

/// Finds the texts that the arguments name, and counts what would happen to them.
async fn choose(ledger: &Ledger, options: &ReplayOptions) -> Result<(Chosen, Plan), Failure> {
    let mut plan = Plan::default();
    let Some(state) = options.state else {
        let mut named = VecDeque::new();
        for sid in &options.sids {
            let text = find_text(ledger, sid).await?;
            plan.count(text.as_ref(), options.force);
            named.push_back((sid.clone(), text.map(|text| text.sid)));
        }
        return Ok((Chosen::Named(named), plan));
    };
    let now = now();
    let walk = TextWalk::new(state, now - options.since.unwrap_or_default(), now);
    let mut counted = walk.clone();
    loop {
        let texts = ledger.next_texts(&mut counted, READ_AT_ONCE).await?;
        if texts.is_empty() {
            return Ok((Chosen::Walk(walk), plan));
        }
        for text in &texts {
            plan.count(Some(text), options.force);
        }
    }
}

/// Runs the texts one after the other, and tells `each` what became of it.
async fn run_each(
    ledger: &Ledger,
    mut chosen: Chosen,
    options: &ReplayOptions,
    who: &Who,
    mut each: impl FnMut(String, Replay),
) -> Done {
    // A text that is run again is tried for as long as the worker would try a new one.
    let retry_horizon = config::limits_from_env()?.retry_horizon;
    loop {
        let some = match &mut chosen {
            Chosen::Named(sids) => std::mem::take(sids),
            Chosen::Walk(walk) => {
                let texts = ledger.next_texts(walk, READ_AT_ONCE).await?;
                let sids = texts.into_iter();
                sids.map(|text| (text.sid.to_string(), Some(text.sid)))
                    .collect()
            }
        };
        if some.is_empty() {
            return Ok(());
        }
        for (given, sid) in some {
            let Some(sid) = sid else {
                each(given, Replay::Unknown);
                continue;
            };
            let audit_id = random().token(12);
            let order = ReplayOrder {
                force: options.force,
                dry_run: options.dry_run,
                retry_horizon,
                by: who.by(&audit_id),
            };
            each(sid.to_string(), ledger.replay(&sid, order, now()).await?);
        }
    }
}
