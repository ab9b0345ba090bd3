//! Is anything wrong? And what happens at the moment?

use std::sync::Arc;

use axum::{extract::State, response::Response};
use birdcall_domain::{
    clock::Timestamp,
    overview::{Limits, Severity, Trouble, WorkerSeen, is_wrong, troubles},
    text::TextState,
    wording,
};
use birdcall_ledger::{
    LedgerResult,
    overview::{Cause, Overview},
};

use super::or_trouble;
use crate::{
    console::{
        blocks::{Block, Figure, Table, Trouble as Shown},
        cells::{self, Cell},
        screen::{Place, Screen},
        session::SignedIn,
        tone::Tone,
    },
    state::App,
};

/// The version that workers should run, too.
const VERSION: &str = env!("CARGO_PKG_VERSION");

pub(crate) async fn show(State(app): State<Arc<App>>, operator: SignedIn) -> Response {
    or_trouble(&app, page(&app, &operator).await)
}

async fn page(app: &App, operator: &SignedIn) -> LedgerResult<Response> {
    let now = app.now();
    let overview = app.ledger.overview(now).await?;
    let limits = Limits::new(app.config.limits.work);
    let found = troubles(&overview.facts, VERSION, limits, now);
    let screen = Screen::new("Overview", Place::Overview)
        .with(Block::Lead(lead(&found)))
        .with(Block::Figures(figures(app, &overview)))
        .with(Block::Table(waiting(app, &overview, now)))
        .with(Block::Table(causes(&overview.causes)))
        .with(Block::Table(workers(&overview.facts.workers, now)));
    Ok(screen.show(app, operator))
}

/// The troubles, the worst first.
fn lead(found: &[Trouble]) -> Vec<Shown> {
    let mut lead = Vec::new();
    if !is_wrong(found) {
        lead.push(Shown {
            tone: Tone::Good,
            words: "Nothing is wrong.".to_owned(),
            advice: String::new(),
            href: None,
        });
    }
    lead.extend(found.iter().map(|trouble| Shown {
        tone: match trouble.severity {
            Severity::Stopped | Severity::Failing => Tone::Bad,
            Severity::Note => Tone::Plain,
        },
        words: trouble.sentence.clone(),
        advice: trouble.todo.clone(),
        href: None,
    }));
    lead
}

fn figures(app: &App, overview: &Overview) -> Vec<Figure> {
    let hour = &overview.last_hour;
    let received: u64 = hour.buckets.iter().map(|bucket| bucket.total()).sum();
    let in_state = |state: TextState| {
        let count = hour.in_state(state);
        Figure {
            name: format!("{state}, last hour"),
            value: wording::number(count),
            // None of a kind is neither good nor bad.
            tone: match count {
                0 => Tone::Plain,
                _ => cells::tone_of(state),
            },
            href: Some(app.console(&format!("/texts?state={state}&since=1h"))),
        }
    };
    let plain = |name: &str, value: String| Figure {
        name: name.to_owned(),
        value,
        tone: Tone::Plain,
        href: None,
    };
    let took = |percentiles: Option<birdcall_ledger::overview::Percentiles>| {
        percentiles.map_or_else(
            || "–".to_owned(),
            |took| {
                format!(
                    "{} / {}",
                    wording::length(took.p50),
                    wording::length(took.p95)
                )
            },
        )
    };
    vec![
        plain("Texts, last hour", wording::number(received)),
        in_state(TextState::Published),
        in_state(TextState::Refused),
        in_state(TextState::Failed),
        plain("To the post, p50 / p95", took(overview.speed.to_post)),
        plain(
            "To the reply, p50 / p95",
            took(overview.speed.to_confirmation),
        ),
        plain("Posts today", wording::number(overview.posts_today)),
        plain(
            "Posts this month",
            wording::number(overview.posts_this_month),
        ),
    ]
}

fn waiting(app: &App, overview: &Overview, now: Timestamp) -> Table {
    let rows = overview.facts.waiting.iter().map(|waiting| {
        let list = app.console(&format!("/texts?state={}", waiting.state));
        vec![
            cells::state(waiting.state, waiting.reason).link(list),
            Cell::number(i64::try_from(waiting.count).unwrap_or(i64::MAX)),
            Cell::age(waiting.oldest, now),
        ]
    });
    Table {
        caption: "Texts that wait",
        columns: vec!["State", "Texts", "Oldest"],
        rows: rows.collect(),
        empty: "No text waits.",
        ..Table::default()
    }
}

fn causes(causes: &[Cause]) -> Table {
    let rows = causes.iter().map(|cause| {
        vec![
            cells::state(cause.state, cause.reason),
            Cell::number(i64::try_from(cause.count).unwrap_or(i64::MAX)),
        ]
    });
    Table {
        caption: "Not posted, last 24 hours",
        columns: vec!["Cause", "Texts"],
        rows: rows.collect(),
        empty: "Every text was posted, or waits.",
        ..Table::default()
    }
}

fn workers(workers: &[WorkerSeen], now: Timestamp) -> Table {
    let rows = workers.iter().map(|worker| {
        let alive = match worker.is_alive {
            true => Cell::text("alive").toned(Tone::Good),
            false => Cell::text("not seen lately").toned(Tone::Bad),
        };
        let holds = i64::try_from(worker.holds.len()).unwrap_or(i64::MAX);
        vec![
            Cell::id(&worker.name),
            alive,
            Cell::text(&worker.version),
            Cell::age(worker.started_at, now),
            Cell::age(worker.seen_at, now),
            Cell::number(holds),
        ]
    });
    Table {
        caption: "Workers, last 24 hours",
        columns: vec!["Worker", "State", "Version", "Started", "Seen", "Holds"],
        rows: rows.collect(),
        empty: "No worker was seen.",
        ..Table::default()
    }
}
