//! The workers, and what each holds.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use birdcall_domain::{clock::Timestamp, overview::WorkerSeen, text::MessageSid, wording};
use birdcall_ledger::LedgerResult;

use super::{VERSION, or_trouble};
use crate::{
    console::{
        blocks::{Block, Table},
        cells::Cell,
        screen::{Place, Screen},
        session::SignedIn,
        tone::Tone,
    },
    state::App,
};

pub(crate) async fn list(State(app): State<Arc<App>>, operator: SignedIn) -> Response {
    or_trouble(&app, page(&app, &operator).await)
}

async fn page(app: &App, operator: &SignedIn) -> LedgerResult<Response> {
    let now = app.now();
    let workers = app.ledger.workers_seen(now).await?;
    let held = workers.iter().flat_map(|worker| {
        let held = worker.holds.iter();
        held.map(|id| vec![Cell::id(&worker.name), what(app, id)])
    });
    let held = Table {
        caption: "What they hold",
        columns: vec!["Worker", "Text or reply"],
        rows: held.collect(),
        empty: "No worker holds a text or a reply right now.",
        ..Table::default()
    };
    let screen = Screen::new("Workers", Place::Workers)
        .with(Block::Table(table(app, &workers, now)))
        .with(Block::Table(held));
    Ok(screen.show(app, operator))
}

/// A text or a reply by its id, with its page.
fn what(app: &App, id: &str) -> Cell {
    let path = match id.parse::<MessageSid>() {
        Ok(sid) => format!("/texts/{sid}"),
        Err(_) => super::replies::path(id),
    };
    Cell::id(id).link(app.console(&path))
}

pub(super) fn table(app: &App, workers: &[WorkerSeen], now: Timestamp) -> Table {
    let rows = workers.iter().map(|worker| {
        let alive = match worker.is_alive {
            true => Cell::text("alive").toned(Tone::Good),
            false => Cell::text("not seen lately").toned(Tone::Bad),
        };
        let holds = Cell::count(u64::try_from(worker.holds.len()).unwrap_or(u64::MAX));
        vec![
            Cell::id(&worker.name),
            alive,
            version(worker),
            Cell::age(worker.started_at, now),
            Cell::age(worker.seen_at, now),
            match worker.holds.is_empty() {
                true => holds,
                false => holds.link(app.console("/workers")),
            },
            match worker.slots {
                0 => Cell::text("–"),
                slots => Cell::number(slots.into()),
            },
        ]
    });
    let others = workers
        .iter()
        .filter(|worker| worker.is_alive && worker.version != VERSION);
    let others = u64::try_from(others.count()).unwrap_or(u64::MAX);
    Table {
        caption: "Workers, last 24 hours",
        columns: vec![
            "Worker",
            "State",
            "Version",
            "Started",
            "Heartbeat",
            "Holds",
            "Slots",
        ],
        rows: rows.collect(),
        empty: "No worker was seen.",
        note: (others > 0).then(|| {
            format!(
                "{} another version than this web process, which is version {VERSION}.",
                wording::counted(others, "worker runs", "workers run")
            )
        }),
        ..Table::default()
    }
}

fn version(worker: &WorkerSeen) -> Cell {
    match worker.version.as_str() {
        VERSION => Cell::text(VERSION),
        "" => Cell::text("older").toned(Tone::Waiting),
        other => Cell::text(format!("{other}, not this one")).toned(Tone::Waiting),
    }
}
