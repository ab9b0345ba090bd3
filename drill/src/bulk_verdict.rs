//! Counts how a replay of very many texts ended.

use std::collections::HashMap;

use birdcall_domain::{
    replay_run::RunState,
    text::{Replay, TextState},
};
use birdcall_ledger::texts::Text;
use birdcall_sim::Sim;

use crate::{
    console::OPERATOR,
    error::DrillResult,
    fleet::Fleet,
    promises::{Promise, recovery, slowest},
    replays::RUNS_MAX,
    report::number_of,
    texting::Sent,
    verdict::{confirmed_quote, counts, replies, secrets},
};

/// Every promise about the replay `id` of `texts`.
pub(crate) async fn promises(
    sim: &Sim,
    fleet: &Fleet,
    texts: &[Sent],
    id: &str,
    calm: bool,
) -> DrillResult<Vec<Promise>> {
    let run = fleet.ledger.replay_run(id).await?;
    let run = run.ok_or("the replay is gone")?;
    let begun = fleet.ledger.replay_runs(RUNS_MAX).await?;
    let begun = begun.iter().filter(|run| run.who == OPERATOR).count();
    let rows = fleet.texts().await?;
    let by_sid: HashMap<&str, &Text> = rows.iter().map(|text| (text.sid.as_str(), text)).collect();
    let posts = sim.all_posts();
    let posts = counts(posts.iter().map(|post| post.text.as_str()));
    let told = replies(sim);
    let confirmations = counts(told.iter().filter_map(|reply| confirmed_quote(reply)));
    let of = |counts: &HashMap<&str, usize>, text: &Sent| {
        counts.get(text.body.as_str()).copied().unwrap_or(0)
    };
    let not = |kept: &dyn Fn(&Text) -> bool| {
        let kept = |text: &&Sent| by_sid.get(text.sid.as_str()).is_some_and(|row| kept(row));
        texts.iter().filter(|text| !kept(text)).count()
    };
    let most = |counts: &HashMap<&str, usize>| {
        let each = texts.iter().map(|text| of(counts, text));
        each.max().unwrap_or(0)
    };
    let missing =
        |counts: &HashMap<&str, usize>| texts.iter().filter(|text| of(counts, text) == 0).count();
    let (recovered, never_recovered) = fleet.recovery.end();
    let log = fleet.log();
    let again = run.counts.get(Replay::Again);
    Ok(vec![
        Promise::new("replays begun by pressing twice", begun, begun == 1),
        Promise::new(
            "state of the replay",
            run.state,
            run.state == RunState::Done,
        ),
        Promise::new(
            "texts that it ran again",
            again,
            usize::try_from(again) == Ok(texts.len()),
        ),
        Promise::none(
            "texts not run again exactly once",
            not(&|row| row.replays == 1),
        ),
        Promise::none(
            "texts not published",
            not(&|row| row.progress.state == TextState::Published),
        ),
        Promise::none("texts not on X", missing(&posts)),
        Promise::at_most_once("posts per text, at most", most(&posts)),
        Promise::none("texts not confirmed", missing(&confirmations)),
        Promise::at_most_once("confirmations per text, at most", most(&confirmations)),
        Promise::none(
            "rows left behind",
            rows.iter()
                .filter(|row| row.progress.next_attempt_at.is_some() || row.lease_owner.is_some())
                .count(),
        ),
        Promise::new("calm at the end", if calm { "yes" } else { "no" }, calm),
        Promise::none("texts of killed workers not recovered", never_recovered),
        recovery(&recovered).with_details(slowest(&recovered)),
        Promise::none(
            "bodies, numbers and secrets in logs",
            secrets(texts)
                .iter()
                .filter(|secret| log.contains(*secret))
                .count(),
        ),
        Promise::new("texts", number_of(texts.len()), true),
    ])
}
