//! Who did what.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use birdcall_ledger::LedgerResult;

use super::or_trouble;
use crate::{
    console::{
        blocks::{Block, Table},
        cells::Cell,
        screen::{Place, Screen},
        session::SignedIn,
    },
    state::App,
};

/// The entries that the page shows.
const ENTRIES: i64 = 100;

pub(crate) async fn list(State(app): State<Arc<App>>, operator: SignedIn) -> Response {
    or_trouble(&app, page(&app, &operator).await)
}

async fn page(app: &App, operator: &SignedIn) -> LedgerResult<Response> {
    let now = app.now();
    let deeds = app.ledger.deeds(ENTRIES).await?;
    let table = Table {
        columns: vec!["When", "Who", "What", "To what", "How", "Why"],
        rows: deeds
            .into_iter()
            .map(|deed| {
                vec![
                    Cell::moment(deed.at, now),
                    Cell::text(deed.actor),
                    Cell::text(deed.action),
                    Cell::text(deed.subject),
                    Cell::text(deed.detail),
                    Cell::text(deed.reason),
                ]
            })
            .collect(),
        empty: "Nobody has done anything yet.",
        ..Table::default()
    };
    let screen = Screen::new("Audit", Place::Audit).with(Block::Table(table));
    Ok(screen.show(app, operator))
}
