//! One replay of many texts: how far it has come, what became of its texts, and when it will be done.

use std::sync::Arc;

use axum::{
    extract::{Path, Query, State},
    response::Response,
};
use birdcall_domain::{
    operator::Role,
    replay_run::{NO_WORKER, ReplayRun},
};
use birdcall_ledger::LedgerResult;

use super::{or_trouble, replays};
use crate::{
    console::{
        act::Told,
        blocks::{Action, Block, Facts, Trouble},
        cells::Cell,
        named,
        screen::{Place, Screen},
        session::SignedIn,
        tone::Tone,
    },
    state::App,
};

pub(crate) async fn show(
    State(app): State<Arc<App>>,
    operator: SignedIn,
    Path(id): Path<String>,
    Query(told): Query<Told>,
) -> Result<Response, Response> {
    let run = named::row(&app, app.ledger.replay_run(&id).await).await?;
    Ok(or_trouble(&app, page(&app, &operator, &run, &told).await))
}

async fn page(
    app: &App,
    operator: &SignedIn,
    run: &ReplayRun,
    told: &Told,
) -> LedgerResult<Response> {
    let is_over = run.state.is_over();
    let mut screen = Screen::new("Replay", Place::Replays);
    screen.notice = told.notice();
    if !is_over && app.ledger.workers_alive(app.now()).await? == 0 {
        screen = screen.with(Block::Lead(vec![Trouble {
            tone: Tone::Bad,
            words: NO_WORKER.to_owned(),
            advice: String::new(),
            link: None,
        }]));
    }
    screen = screen.with(Block::Facts(facts(app, run)));
    if !is_over && operator.role.may(Role::Operate) {
        screen = screen.with(Block::Actions(vec![Action::explained(
            app.console(&format!("/replays/{}/stop", run.id)),
            "Stop",
            "No further text is run. What was run already goes on.",
        )]));
    }
    let screen = screen.with(Block::Table(replays::outcomes(
        "What became of the texts",
        "No text was reached yet.",
        run.counts.each(),
    )));
    Ok(screen.show(app, operator))
}

fn facts(app: &App, run: &ReplayRun) -> Facts {
    let now = app.now();
    let mut rows = vec![
        ("State", replays::state(run.state)),
        ("That means", Cell::text(run.state.meaning())),
        ("Texts", replays::progress(run)),
    ];
    if let Some(done) = run.done_at(now) {
        rows.push(("Will be done", Cell::text(done)));
    }
    if let Some(at) = run.finished_at {
        rows.push(("Over since", Cell::moment(at, now)));
    }
    rows.push(("Pace", Cell::text(run.pace.to_string())));
    rows.push(("Which", Cell::text(run.filter.words())));
    if let Some(error) = &run.filter.error {
        rows.push(("Error", Cell::text(error)));
    }
    if run.force {
        rows.push(("Forced", Cell::text("yes")));
    }
    rows.push(("Begun", Cell::moment(run.created_at, now)));
    rows.push(("By", Cell::text(&run.who)));
    if !run.why.is_empty() {
        rows.push(("Why", Cell::text(&run.why)));
    }
    rows.push(("Replay", Cell::id(&run.id)));
    Facts {
        title: "How far it has come",
        rows,
    }
}
