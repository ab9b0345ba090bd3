//! Is anything wrong? And what happens at the moment?

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{Query, State},
    response::Response,
};
use birdcall_domain::{
    clock::Timestamp,
    overview::{Limits, Severity, Trouble, Where, is_wrong, troubles},
    spend,
    text::TextState,
    wording,
};
use birdcall_ledger::{
    LedgerResult,
    overview::{Cause, Outcomes, Overview, POSTS_COUNTED_MAX, Percentiles},
};
use serde::Deserialize;

use super::{VERSION, or_trouble, services, workers};
use crate::{
    console::{
        blocks::{Block, Figure, Table, Trouble as Shown},
        cells::{self, Cell},
        chart::{Chart, SpanLink, Told},
        screen::{Place, Screen},
        session::SignedIn,
        tone::Tone,
    },
    counted,
    state::App,
};

/// What is looked at, as the address says it.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Looked {
    span: String,
}

/// A span of the chart.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Span {
    Hour,
    Day,
    Week,
}

impl Span {
    const ALL: [Self; 3] = [Self::Hour, Self::Day, Self::Week];

    /// As the address says it; also the word by which lists narrow their texts.
    fn as_str(self) -> &'static str {
        match self {
            Self::Hour => "1h",
            Self::Day => "24h",
            Self::Week => "7d",
        }
    }

    fn read(word: &str) -> Self {
        let found = Self::ALL.into_iter().find(|span| span.as_str() == word);
        found.unwrap_or(Self::Hour)
    }

    fn told(self) -> Told {
        match self {
            Self::Hour => Told {
                span: "the last hour",
                bar: "minute",
                ticks: 4,
                in_days: false,
                note: "",
            },
            Self::Day => Told {
                span: "the last 24 hours",
                bar: "15 minutes",
                ticks: 4,
                in_days: false,
                note: PAST,
            },
            Self::Week => Told {
                span: "the last 7 days",
                bar: "2 hours",
                ticks: 7,
                in_days: true,
                note: PAST,
            },
        }
    }
}

/// How current the counts of [`counted`] are.
const PAST: &str =
    "What became of texts that are older than an hour is counted again every few minutes.";

const MINUTE: Duration = Duration::from_secs(60);

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

async fn outcomes(app: &App, span: Span, now: Timestamp) -> LedgerResult<Outcomes> {
    match span {
        Span::Hour => {
            let this_minute = now.0.div_euclid(60_000) * 60_000;
            let from = Timestamp(this_minute) - MINUTE * 59;
            app.ledger.outcomes(from, MINUTE, now).await
        }
        Span::Day => {
            let week = app.counted.week(&app.ledger, now).await?;
            Ok(counted::newest(&week, 1, 96))
        }
        Span::Week => {
            let week = app.counted.week(&app.ledger, now).await?;
            Ok(counted::newest(&week, 8, 84))
        }
    }
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
            "#services".to_owned(),
            "What is seen of X and Twilio".to_owned(),
        ),
    };
    (app.console(&path), words)
}

fn figures(app: &App, overview: &Overview, outcomes: &Outcomes, span: Span) -> Vec<Figure> {
    let (span, told) = (span.as_str(), span.told().span);
    let in_state = |name: &str, state: TextState| {
        let count = outcomes.in_state(state);
        Figure {
            name: format!("{name}, {told}"),
            value: wording::number(count),
            // None of a kind is neither good nor bad.
            tone: match count {
                0 => Tone::Plain,
                _ => cells::tone_of(state),
            },
            href: Some(app.console(&format!("/texts?state={state}&since={span}"))),
        }
    };
    let plain = |name: &str, value: String| Figure {
        name: name.to_owned(),
        value,
        tone: Tone::Plain,
        href: None,
    };
    let took = |percentiles: Option<Percentiles>| {
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
        plain(&format!("Texts, {told}"), wording::number(outcomes.total())),
        in_state("Published", TextState::Published),
        in_state("Refused", TextState::Refused),
        in_state("Failed", TextState::Failed),
        plain("Text to post, p50 / p95", took(overview.speed.to_post)),
        plain(
            "Text to confirmation, p50 / p95",
            took(overview.speed.to_confirmation),
        ),
        plain("Posts today", posts(overview.posts_today)),
        plain("Spent today, estimate", spent(overview.posts_today)),
        plain("Posts this month", posts(overview.posts_this_month)),
        plain(
            "Spent this month, estimate",
            spent(overview.posts_this_month),
        ),
    ]
}

fn posts(count: u64) -> String {
    let at_least = if count < POSTS_COUNTED_MAX {
        ""
    } else {
        "at least "
    };
    format!("{at_least}{}", wording::number(count))
}

/// What X charges if no post has a link, and if every post has one.
fn spent(count: u64) -> String {
    let (low, high) = spend::estimate(count);
    let and_more = if count < POSTS_COUNTED_MAX {
        ""
    } else {
        " or more"
    };
    match low == high {
        true => wording::dollars(low),
        false => format!(
            "{} to {}{and_more}",
            wording::dollars(low),
            wording::dollars(high)
        ),
    }
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

fn and_reason(reason: Option<birdcall_domain::text::Reason>) -> String {
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
            Cell::number(i64::try_from(cause.count).unwrap_or(i64::MAX)),
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
    let rows = overview.queues.iter().map(|level| {
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
        empty: "",
        ..Table::default()
    }
}
