//! The replays of many texts, and the form that plans one.

use std::sync::Arc;

use axum::{
    extract::{Query, State},
    response::Response,
};
use birdcall_domain::{
    clock::Timestamp,
    phone::Phone,
    replay_run::{ReplayRun, RunState},
    text::{Reason, TextState},
    wording,
};
use birdcall_ledger::{LedgerResult, texts::TextFilter};

use super::{ROWS, any_of, or_trouble};
use crate::{
    console::{
        act::Told,
        asked::Asked,
        blocks::{Ask, Block, Choice, Field, Table},
        cells::Cell,
        screen::{Place, Screen},
        session::SignedIn,
        tone::Tone,
    },
    state::App,
};

/// The states that the form offers first: what did not end well.
const CHOSEN: [TextState; 1] = [TextState::Failed];

pub(crate) async fn list(
    State(app): State<Arc<App>>,
    operator: SignedIn,
    Query(told): Query<Told>,
) -> Response {
    or_trouble(&app, page(&app, &operator, &told).await)
}

async fn page(app: &App, operator: &SignedIn, told: &Told) -> LedgerResult<Response> {
    let now = app.now();
    let runs = app.ledger.replay_runs(ROWS + 1).await?;
    let shown = usize::try_from(ROWS).unwrap_or(usize::MAX);
    let table = Table {
        caption: "Replays of many texts",
        columns: vec!["Begun", "State", "Texts", "Which", "By", "Replay"],
        rows: runs
            .iter()
            .take(shown)
            .map(|run| row(app, run, now))
            .collect(),
        empty: "No replay was begun.",
        note: (runs.len() > shown).then(|| format!("Showing the latest {ROWS} replays.")),
        ..Table::default()
    };
    let asked = Asked {
        states: CHOSEN.map(|state| state.as_str().to_owned()).into(),
        since: "24h".to_owned(),
        ..Asked::default()
    };
    let mut screen = Screen::new("Replays", Place::Replays);
    screen.notice = told.notice();
    let screen = screen
        .with(Block::Table(table))
        .with(Block::Ask(form(app, &asked)));
    Ok(screen.show(app, operator))
}

fn row(app: &App, run: &ReplayRun, now: Timestamp) -> Vec<Cell> {
    vec![
        Cell::age(run.created_at, now),
        state(run.state),
        progress(run),
        Cell::text(run.filter.words()),
        Cell::text(&run.who),
        Cell::id(&run.id).link(app.console(&format!("/replays/{}", run.id))),
    ]
}

/// The state of a replay, in a word with a mark.
pub(super) fn state(state: RunState) -> Cell {
    let tone = match state {
        RunState::Planned | RunState::Running => Tone::Waiting,
        RunState::Done => Tone::Good,
        RunState::Stopped => Tone::Quiet,
    };
    Cell::text(state.as_str()).toned(tone)
}

/// How far a replay has come, as a count and a bar. Texts beyond those that were counted move the end of the
/// bar.
pub(super) fn progress(run: &ReplayRun) -> Cell {
    let reached = run.counts.total();
    let all = match run.state {
        RunState::Done => reached,
        _ => run.planned.max(reached),
    };
    Cell {
        bar: Some((reached, all)),
        ..Cell::text(run.reached())
    }
}

/// The link from a list of texts to the plan of a replay of all of them, also of those on other pages.
pub(super) fn link(app: &App, filter: &TextFilter, now: Timestamp) -> Block {
    let phone = filter.phone.as_ref();
    let asked = Asked {
        states: filter
            .state
            .iter()
            .map(|state| state.as_str().to_owned())
            .collect(),
        phone: phone.map_or("", Phone::as_str).to_owned(),
        reason: filter.reason.map_or("", Reason::as_str).to_owned(),
        error: filter.error.clone().unwrap_or_default(),
        since: match filter.since > Timestamp(0) {
            true => filter.since.to_rfc3339(),
            false => String::new(),
        },
        until: match filter.until < now {
            true => filter.until.to_rfc3339(),
            false => String::new(),
        },
        contains: filter.contains.clone().unwrap_or_default(),
        ..Asked::default()
    };
    let plan = app.console(&format!("/replays/plan?{}", asked.query()));
    Block::Link(plan, "Replay all that match")
}

/// The form that leads to a plan.
pub(super) fn form(app: &App, asked: &Asked) -> Ask {
    let choices = TextState::ALL.iter().map(|state| Choice {
        value: state.as_str(),
        words: state.as_str(),
        is_chosen: asked.states.iter().any(|word| word == state.as_str()),
    });
    let reasons = Reason::ALL.iter().map(|reason| reason.as_str());
    Ask {
        title: "Replay all that match",
        explains: "First you see how many texts match, how old they are, what would become of them and what that \
            costs. Nothing is run until you begin."
            .to_owned(),
        choices_of: "state",
        choices_label: "In one of these states; in any if none is chosen",
        choices: choices.collect(),
        fields: vec![
            Field::choice("reason", "Reason", &asked.reason, any_of(reasons)),
            Field::text("error", "Error", &asked.error).hint("such as HTTP 503"),
            Field::text("phone", "From", &asked.phone).hint("+15550001111"),
            Field::text("since", "Received since", &asked.since).hint("24h, 7d or 2026-11-22"),
            Field::text("until", "Until", &asked.until).hint("now"),
            Field::text("contains", "With the words", &asked.contains),
        ],
        ..Ask::get(app.console("/replays/plan"), "Show the plan")
    }
}

/// What became of the texts, or would become: a row for each outcome.
pub(super) fn outcomes(
    caption: &'static str,
    empty: &'static str,
    rows: impl Iterator<Item = (birdcall_domain::text::Replay, u64)>,
) -> Table {
    let rows = rows.map(|(outcome, texts)| {
        vec![
            Cell::text(outcome.without_option()),
            Cell {
                is_number: true,
                ..Cell::text(wording::number(texts))
            },
        ]
    });
    Table {
        caption,
        columns: vec!["A text that", "Texts"],
        rows: rows.collect(),
        empty,
        ..Table::default()
    }
}
