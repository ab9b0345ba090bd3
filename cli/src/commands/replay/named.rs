//! Runs named texts again.

use birdcall_common::config;
use birdcall_domain::{
    replay_run::ReplayPlan,
    text::{MessageSid, Replay},
};
use birdcall_ledger::{
    Ledger,
    replay::{ReplayOrder, outcome_of},
};
use serde::Serialize;

use super::ask;
use crate::{
    args::ReplayOptions,
    environment::{now, random},
    failure::{Done, Failure},
    find::find_text,
    operator::Who,
    output::Rows,
};

/// What happened to one text.
#[derive(Serialize)]
struct ReplayView {
    message_sid: String,
    done: bool,
    outcome: &'static str,
}

pub(super) async fn run(ledger: &Ledger, options: &ReplayOptions, who: &Who, json: bool) -> Done {
    let (named, plan) = choose(ledger, options).await?;
    if !options.dry_run && !ask::allowed(&plan, options)? {
        return Err(Failure::Refused("nothing was replayed".to_owned()));
    }
    // A text that is run again is tried for as long as the worker would try a new one.
    let retry_horizon = config::limits_from_env()?.retry_horizon;
    let mut rows = Rows::begin(json, &["message_sid", "outcome"]);
    let (mut unknown, mut passed_over) = (false, false);
    for (given, sid) in named {
        let audit_id = random().id();
        let order = ReplayOrder {
            force: options.force,
            dry_run: options.dry_run,
            retry_horizon,
            by: who.by(&audit_id),
        };
        let outcome = match &sid {
            Some(sid) => ledger.replay(sid, order, now()).await?,
            None => Replay::Unknown,
        };
        unknown |= outcome == Replay::Unknown;
        passed_over |= !outcome.acts();
        let view = ReplayView {
            message_sid: sid.map_or(given, |sid| sid.to_string()),
            done: outcome.acts() && !options.dry_run,
            outcome: outcome.as_str(),
        };
        let cells = [format!("{:<34}", view.message_sid), view.outcome.to_owned()];
        rows.row(&view, &cells);
    }
    rows.end();
    match unknown || passed_over && !options.dry_run {
        true => Err(Failure::Refused("some texts were not run again".to_owned())),
        false => Ok(()),
    }
}

/// A text by its sid, as it was given and as the ledger knows it.
type Named = (String, Option<MessageSid>);

/// Finds the texts, and counts what would happen to them.
async fn choose(
    ledger: &Ledger,
    options: &ReplayOptions,
) -> Result<(Vec<Named>, ReplayPlan), Failure> {
    let mut plan = ReplayPlan::default();
    let mut named = Vec::new();
    for sid in &options.sids {
        let text = find_text(ledger, sid).await?;
        let outcome = text
            .as_ref()
            .map_or(Replay::Unknown, |text| outcome_of(text, options.force));
        plan.counts.add(outcome, 1);
        named.push((sid.clone(), text.map(|text| text.sid)));
    }
    Ok((named, plan))
}
