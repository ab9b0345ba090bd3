//! Is anything wrong? And what happens at the moment?

use std::sync::Arc;

use axum::{
    extract::{Query, State},
    response::Response,
};
use birdcall_domain::{
    clock::Timestamp,
    overview::{Limits, Severity, Trouble, Where, is_wrong, troubles},
    text::Reason,
};
use birdcall_ledger::{
    LedgerResult,
    overview::{Cause, Overview},
    queue::QueueLevel,
};
use serde::Deserialize;

use super::{
    VERSION,
    charted::{Span, outcomes},
    figures::figures,
    or_trouble, services, workers,
};
use crate::{
    console::{
        blocks::{Block, Table, Trouble as Shown},
        cells::{self, Cell},
        chart::{Chart, SpanLink},
        screen::{Place, Screen},
        session::SignedIn,
        tone::Tone,
    },
    state::App,
};

/// What is looked at, as the address says it.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Looked {
    span: String,
}

pub(crate) async fn show(
    State(app): State<Arc<App>>,
    operator: SignedIn,
    Query(looked): Query<Looked>,
) -> Response {
    or_trouble(&app, page(&app, &operator, Span::read(&looked.span)).await)
}

async fn page(app: &App, operator: &SignedIn, span: Span) -> LedgerResult<Response> {
    let now = app.now();
    let overview = app.ledger.overview(now).await?;
    let limits = Limits::new(app.config.limits.work);
    let found = troubles(&overview.facts, VERSION, limits, now);
    let outcomes = outcomes(app, span, now).await?;
    let spans = Span::ALL.map(|other| SpanLink {
        href: app.console(&format!("?span={}", other.as_str())),
        words: other.as_str(),
        is_here: other == span,
    });
    let chart = Chart::new(&outcomes, &span.told(), spans.into());
    let screen = Screen::new("Overview", Place::Overview)
        .with(Block::Lead(lead(app, &found)))
        .with(Block::Figures(figures(app, &overview, &outcomes, span)))
        .with(Block::Chart(chart))
        .with(Block::Table(waiting(app, &overview, now)))
        .with(Block::Table(causes(app, &overview.causes)))
        .with(Block::Table(queues(app, &overview, now)))
        .with(Block::Table(services::table(app, &overview.facts, now)))
        .with(Block::Table(workers::table(
            app,
            &overview.facts.workers,
            now,
        )));
    Ok(screen.show(app, operator))
}

/// The troubles, the worst first.
fn lead(app: &App, found: &[Trouble]) -> Vec<Shown> {
    let mut lead = Vec::new();
    if !is_wrong(found) {
        lead.push(Shown {
            tone: Tone::Good,
            words: "Nothing is wrong.".to_owned(),
            advice: String::new(),
            link: None,
        });
    }
    lead.extend(found.iter().map(|trouble| Shown {
        tone: match trouble.severity {
            Severity::Stopped | Severity::Failing => Tone::Bad,
            Severity::Note => Tone::Plain,
        },
        words: trouble.sentence.clone(),
        advice: trouble.todo.clone(),
        link: Some(page_of(app, trouble.at)),
    }));
    lead
}

/// The page on which a trouble is seen or ended: its address, and the words of the link.
fn page_of(app: &App, at: Where) -> (String, String) {
    let (path, words) = match at {
        Where::Workers => ("/workers".to_owned(), "The workers".to_owned()),
        Where::Queues => ("/jobs".to_owned(), "The queues".to_owned()),
        Where::Queue(queue) => (format!("/jobs?queue={queue}"), format!("The queue {queue}")),
        Where::Texts(state) => (format!("/texts?state={state}"), "These texts".to_owned()),
        Where::Replies(Some(code)) => (
            format!("/replies?error={code}&since=24h"),
            "These replies".to_owned(),
        ),
        Where::Replies(None) => ("/replies?since=24h".to_owned(), "These replies".to_owned()),
        Where::Accounts => (
            "/accounts?state=needs_sign_in".to_owned(),
            "These numbers".to_owned(),
        ),
        Where::Services => (
            "#services-as-the-workers-see-them".to_owned(),
            "What is seen of X and Twilio".to_owned(),
        ),
    };
    (app.console(&path), words)
}

fn waiting(app: &App, overview: &Overview, now: Timestamp) -> Table {
    let rows = overview.facts.waiting.iter().map(|waiting| {
        let list = app.console(&format!(
            "/texts?state={}{}",
            waiting.state,
            and_reason(waiting.reason)
        ));
        vec![
            cells::state(waiting.state, waiting.reason).link(list),
            Cell::count(waiting.count),
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

fn and_reason(reason: Option<Reason>) -> String {
    reason
        .map(|reason| format!("&reason={reason}"))
        .unwrap_or_default()
}

fn causes(app: &App, causes: &[Cause]) -> Table {
    let rows = causes.iter().map(|cause| {
        let list = format!(
            "/texts?state={}{}&since=24h",
            cause.state,
            and_reason(cause.reason)
        );
        let meaning = cause.reason.map_or("", |reason| reason.meaning());
        vec![
            cells::state(cause.state, cause.reason).link(app.console(&list)),
            Cell::text(meaning),
            Cell::count(cause.count),
        ]
    });
    Table {
        caption: "Not posted, last 24 hours",
        columns: vec!["Cause", "That means", "Texts"],
        rows: rows.collect(),
        empty: "Every text was posted, or waits.",
        ..Table::default()
    }
}

fn queues(app: &App, overview: &Overview, now: Timestamp) -> Table {
    let paused = |level: &QueueLevel| {
        overview
            .facts
            .pauses
            .iter()
            .any(|pause| pause.queue == level.queue)
    };
    let (shown, idle): (Vec<_>, Vec<_>) = overview
        .queues
        .iter()
        .partition(|level| level.ready + level.delayed + level.held > 0 || paused(level));
    let idle: Vec<&str> = idle.iter().map(|level| level.queue.as_str()).collect();
    let rows = shown.into_iter().map(|level| {
        let list = app.console(&format!("/jobs?queue={}", level.queue));
        let mut pauses = overview.facts.pauses.iter();
        let pause = pauses.find(|pause| pause.queue == level.queue);
        let oldest = level.oldest.filter(|at| *at <= now);
        vec![
            Cell::text(level.queue.as_str()).link(list),
            Cell::number(level.ready),
            oldest.map_or_else(|| Cell::text("–"), |at| Cell::age(at, now)),
            Cell::number(level.delayed),
            Cell::number(level.held),
            match pause {
                Some(pause) => Cell::text(services::pause(pause, now)).toned(Tone::Bad),
                None => Cell::text("no"),
            },
        ]
    });
    Table {
        caption: "Queues",
        columns: vec!["Queue", "Ready", "Oldest", "Later", "Held", "Paused"],
        rows: rows.collect(),
        empty: "Every queue is empty, and none is paused.",
        note: (!idle.is_empty() && idle.len() < overview.queues.len())
            .then(|| format!("Empty and not paused: {}.", idle.join(", "))),
        ..Table::default()
    }
}
