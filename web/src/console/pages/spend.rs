//! Who spends the money?

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{Query, State},
    response::Response,
};
use birdcall_domain::{
    clock::Timestamp,
    phone::Party,
    spend::{self, Spender},
    wording,
};
use birdcall_ledger::{LedgerResult, accounts::Account, totals::Total};
use serde::Deserialize;

use super::{ROWS, cut_to, or_trouble};
use crate::{
    console::{
        blocks::{Block, Field, Filter, Table},
        cells::{self, Cell},
        screen::{Place, Screen},
        session::SignedIn,
    },
    state::App,
};

/// The span, as the address says it.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Looked {
    since: String,
}

/// The spans that the page offers, with their days. The first one is shown when the address names none.
const SPANS: [(&str, &str, u64); 3] = [
    ("30d", "the last 30 days", 30),
    ("7d", "the last 7 days", 7),
    ("1d", "the last 24 hours", 1),
];

pub(crate) async fn list(
    State(app): State<Arc<App>>,
    operator: SignedIn,
    Query(looked): Query<Looked>,
) -> Response {
    or_trouble(&app, page(&app, &operator, &looked).await)
}

async fn page(app: &App, operator: &SignedIn, looked: &Looked) -> LedgerResult<Response> {
    let now = app.now();
    let named = SPANS.iter().find(|(word, _, _)| *word == looked.since);
    let (word, _, days) = named.unwrap_or(&SPANS[0]);
    let since = now - Duration::from_secs(days * 24 * 3600);
    let limit = usize::try_from(ROWS).unwrap_or(usize::MAX);
    let spenders = app.ledger.spenders(since, limit).await?;
    let mut rows = Vec::with_capacity(spenders.rows.len());
    for spender in &spenders.rows {
        let account = match &spender.from {
            Party::Phone(phone) => app.ledger.account_of(phone).await?,
            Party::Other(_) | Party::Forgotten => None,
        };
        rows.push(row(app, operator, spender, account.as_ref()));
    }
    let table = Table {
        columns: vec![
            "Number",
            "X account",
            "Posts",
            "Reply segments",
            "Estimate for X",
        ],
        rows,
        empty: "Nobody posted.",
        note: Some(note(
            &spenders.rows,
            spenders.total,
            spenders.since,
            since,
            now,
        )),
        ..Table::default()
    };
    let spans = SPANS.iter();
    let spans = spans.map(|(word, words, _)| ((*word).to_owned(), (*words).to_owned()));
    let filter = Filter {
        action: app.console("/spend"),
        fields: vec![Field::choice("since", "Received", word, spans)],
    };
    let screen = Screen::new("Spend", Place::Spend)
        .with(Block::Filter(filter))
        .with(Block::Table(table));
    Ok(screen.show(app, operator))
}

fn row(app: &App, operator: &SignedIn, spender: &Spender, account: Option<&Account>) -> Vec<Cell> {
    let reveal = account.is_some_and(|account| operator.sees(&account.id));
    let number = cells::party(&spender.from, reveal);
    let (number, handle) = match account {
        Some(account) => (
            number.link(app.console(&format!("/accounts/{}", account.id))),
            super::accounts::handle(account),
        ),
        None => (number, Cell::text("not linked")),
    };
    vec![
        number,
        handle,
        Cell::count(spender.posts),
        Cell::count(spender.segments),
        Cell {
            is_number: true,
            ..Cell::text(spender.estimate())
        },
    ]
}

fn note(
    rows: &[Spender],
    total: u64,
    counted: Timestamp,
    since: Timestamp,
    now: Timestamp,
) -> String {
    let mut note = spend::ESTIMATE_EXPLAINED.to_owned();
    let total = Total {
        count: total,
        all: true,
    };
    if let Some(cut) = cut_to(rows.len(), total, "numbers") {
        note = format!("{cut} {note}");
    }
    if counted > since {
        note = format!(
            "{note} {}",
            spend::counted_since(&wording::moment(counted, now))
        );
    }
    note
}
