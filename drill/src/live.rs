//! Live traffic: people text while faults of every kind occur and processes are killed.

use std::time::Duration;

use crate::{
    calm,
    error::DrillResult,
    faults,
    parts::Parts,
    promises::{self, Promise},
    replays, run_schedule, schedule, verdict,
};

/// Sends texts, makes trouble, and counts what became of the texts.
pub(crate) async fn run(parts: &Parts<'_>) -> DrillResult<Vec<Promise>> {
    let Parts {
        args,
        url,
        sim,
        fleet,
        people,
        report,
        ..
    } = *parts;
    faults::begin(sim, args.replays > 0);
    let signing_in = people.keep_signing_in();
    let schedule = schedule::schedule(args.seed, args.kills, fleet.places(), args.phones);
    let ((), sent, begun) = tokio::join!(
        run_schedule::run_schedule(fleet, &schedule, sim, people),
        people.send(args.texts),
        replays::begin(fleet, url, args.replays)
    );
    let begun = begun?;
    report.step(&format!(
        "{} texts sent, {} processes killed",
        sent.len(),
        args.kills
    ));
    if args.replays > 0 {
        report.step(&format!(
            "replays of everything: {} by the command, {} in the console",
            begun.by_command, begun.in_console
        ));
    }

    faults::end(sim);
    let limit = Duration::from_secs(args.minutes * 60);
    let mut calm = calm::wait_for_calm(fleet, &sent, limit).await?;
    report.calm(calm);
    // Once more everything, after all of it has ended: what was refused is posted now, and nothing else.
    let mut begun = begun;
    if args.replays > 0 {
        begun = begun.and(replays::begin(fleet, url, 1).await?);
        report.step("everything is replayed once more by both");
        calm &= calm::wait_for_calm(fleet, &sent, limit).await?;
        report.calm(calm);
    }
    signing_in.abort();
    let verdict = verdict::count(sim, fleet, people, &sent, &begun, calm).await?;
    report.counts(&verdict);
    Ok(promises::promises(&verdict))
}
