//! X, Twilio and the database, as the workers see them.

use birdcall_domain::{
    clock::Timestamp,
    overview::{Facts, Happening, PausedFor, Vendor, failure_words},
    queue::Queue,
    text::Reason,
    wording,
};

use crate::{
    console::{blocks::Table, cells::Cell, tone::Tone},
    state::App,
};

/// A pause in a few words: why, since when, and what ends it.
pub(super) fn pause(pause: &PausedFor, now: Timestamp) -> String {
    let since = wording::age(pause.since, now);
    match pause.reason {
        Reason::Paused => format!("by an operator, {since}"),
        reason => {
            let next = wording::age(pause.until, now);
            format!("{reason}, {since}; next try {next}")
        }
    }
}

pub(super) fn table(app: &App, facts: &Facts, now: Timestamp) -> Table {
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    for vendor in Vendor::ALL {
        rows.push(of_vendor(facts, *vendor, now));
    }
    rows.push(credit(app, facts, now));
    rows.push(database(facts, now));
    rows.push(webhooks(facts, now));
    Table {
        caption: "Services, as the workers see them",
        columns: vec!["Service", "State", "Last answered", "More"],
        rows,
        empty: "",
        ..Table::default()
    }
}

fn of_vendor(facts: &Facts, vendor: Vendor, now: Timestamp) -> Vec<Cell> {
    let seen = facts.seen_of(vendor);
    let nobody_looks = facts.alive().next().is_none();
    let state = match (seen.ok_at, seen.fails()) {
        (_, _) if nobody_looks => Cell::text("unknown: no worker is running").toned(Tone::Bad),
        (_, true) => Cell::text("fails").toned(Tone::Bad),
        (Some(_), false) => Cell::text("works").toned(Tone::Good),
        (None, false) => Cell::text("not called yet").toned(Tone::Quiet),
    };
    let failed = seen.failed_at.map(|at| {
        let class = failure_words(seen.failure.as_deref().unwrap_or_default());
        format!("Last failure {}: {class}.", wording::age(at, now))
    });
    vec![
        Cell::text(vendor.name()),
        state,
        moment(seen.ok_at, now),
        Cell::text(failed.unwrap_or_default()),
    ]
}

/// Nobody can ask X for its credit: it says so when it is used up.
fn credit(app: &App, facts: &Facts, now: Timestamp) -> Vec<Cell> {
    let mut pauses = facts.pauses.iter();
    let pause = pauses.find(|pause| pause.queue == Queue::Tweet && pause.reason == Reason::Money);
    let (state, more) = match pause {
        Some(pause) => (
            Cell::text("used up").toned(Tone::Bad),
            Cell::text(format!(
                "Since {}; the next try is {}.",
                wording::at(pause.since),
                wording::age(pause.until, now)
            ))
            .link(app.console("/texts?state=waiting&reason=money")),
        ),
        None => (
            Cell::text("not used up").toned(Tone::Good),
            Cell::text("X says only when it is used up."),
        ),
    };
    let ok_at = facts.seen_of(Vendor::X).ok_at.filter(|_| pause.is_none());
    vec![Cell::text("Credit at X"), state, moment(ok_at, now), more]
}

/// A heartbeat is written to the database, so it proves that the database works for that worker.
fn database(facts: &Facts, now: Timestamp) -> Vec<Cell> {
    let beat = facts.workers.iter().map(|worker| worker.seen_at).max();
    let state = match facts.alive().next() {
        Some(_) => Cell::text("works").toned(Tone::Good),
        None => Cell::text("works for this page; no worker is running").toned(Tone::Bad),
    };
    let probe = facts.work.probes.iter().map(|(_, at)| *at).max();
    let probe = probe.map(|at| format!("Last job done for a test {}.", wording::age(at, now)));
    vec![
        Cell::text("Database"),
        state,
        moment(beat, now),
        Cell::text(probe.unwrap_or_default()),
    ]
}

/// What Twilio's webhooks brought, or did not bring.
fn webhooks(facts: &Facts, now: Timestamp) -> Vec<Cell> {
    let refused = facts.happened(Happening::SignatureRefused);
    let missed = facts.happened(Happening::MissedTakenIn);
    let mut said = Vec::new();
    if let Some(refused) = refused {
        said.push(format!(
            "{} refused for a wrong signature, the last one {}.",
            wording::counted(refused.count, "webhook", "webhooks"),
            wording::age(refused.last_at, now)
        ));
    }
    if let Some(missed) = missed {
        said.push(format!(
            "{} taken in from Twilio's list because no webhook came, the last one {}.",
            wording::counted(missed.count, "text", "texts"),
            wording::age(missed.last_at, now)
        ));
    }
    let state = match (refused, missed) {
        (Some(_), _) => Cell::text("some refused").toned(Tone::Bad),
        (None, Some(_)) => Cell::text("some missing").toned(Tone::Bad),
        (None, None) => Cell::text("nothing wrong within a day").toned(Tone::Good),
    };
    vec![
        Cell::text("Webhooks"),
        state,
        Cell::text(""),
        Cell::text(said.join(" ")),
    ]
}

fn moment(at: Option<Timestamp>, now: Timestamp) -> Cell {
    at.map_or_else(|| Cell::text("–"), |at| Cell::age(at, now))
}
