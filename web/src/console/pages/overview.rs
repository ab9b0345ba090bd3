//! Is anything wrong?

use std::sync::Arc;

use axum::{extract::State, response::Response};
use birdcall_ledger::LedgerResult;

use super::or_trouble;
use crate::{
    console::{
        blocks::{Block, Figure, Trouble},
        cells,
        screen::{Place, Screen},
        session::SignedIn,
        tone::Tone,
    },
    state::App,
};

pub(crate) async fn show(State(app): State<Arc<App>>, operator: SignedIn) -> Response {
    or_trouble(&app, page(&app, &operator).await)
}

async fn page(app: &App, operator: &SignedIn) -> LedgerResult<Response> {
    let now = app.now();
    let workers = app.ledger.workers_alive(now).await?;
    let pauses = app.ledger.pauses().await?;
    let counts = app.ledger.text_counts().await?;
    let mut troubles: Vec<Trouble> = pauses
        .iter()
        .map(|pause| Trouble {
            tone: Tone::Bad,
            words: format!(
                "The queue {} is paused ({}).",
                pause.queue,
                super::jobs::told(pause, now)
            ),
            advice: "See the queues".to_owned(),
            href: Some(app.console("/jobs")),
        })
        .collect();
    if workers == 0 {
        troubles.insert(
            0,
            Trouble {
                tone: Tone::Bad,
                words: "No worker is alive, so nothing is posted.".to_owned(),
                advice: "Start birdcall-worker and read its log.".to_owned(),
                href: None,
            },
        );
    }
    if troubles.is_empty() {
        troubles.push(Trouble {
            tone: Tone::Good,
            words: "Nothing is wrong.".to_owned(),
            advice: String::new(),
            href: None,
        });
    }
    let figures = counts.iter().map(|(state, count)| Figure {
        name: state.to_string(),
        value: birdcall_domain::wording::number(u64::try_from(*count).unwrap_or(0)),
        tone: cells::tone_of(*state),
        href: Some(app.console(&format!("/texts?state={state}"))),
    });
    let screen = Screen::new("Overview", Place::Overview)
        .with(Block::Lead(troubles))
        .with(Block::Figures(figures.collect()));
    Ok(screen.show(app, operator))
}
