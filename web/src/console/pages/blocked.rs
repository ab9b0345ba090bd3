//! The numbers that an operator has blocked.

use std::sync::Arc;

use axum::{
    extract::{Path, Query, State},
    response::Response,
};
use birdcall_domain::{clock::Timestamp, operator::Role};
use birdcall_ledger::{LedgerResult, blocked::BlockedNumber};
use serde::Deserialize;

use super::{
    ROWS, cut_to, last_of_full, or_trouble,
    span::{older, read_older},
};
use crate::{
    console::{
        act::Told,
        blocks::{Action, Block, Facts, Table},
        cells::Cell,
        named,
        screen::{Place, Screen},
        session::SignedIn,
    },
    state::App,
};

/// Which page of the list, as the address says it.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Looked {
    older: String,
}

pub(crate) async fn list(
    State(app): State<Arc<App>>,
    operator: SignedIn,
    Query(looked): Query<Looked>,
) -> Response {
    or_trouble(&app, all(&app, &operator, &looked).await)
}

async fn all(app: &App, operator: &SignedIn, looked: &Looked) -> LedgerResult<Response> {
    let before = read_older(&looked.older);
    let numbers = app.ledger.blocked_numbers(before.as_ref(), ROWS).await?;
    let total = app.ledger.blocked_total().await?;
    let table = Table {
        caption: "",
        note: cut_to(numbers.len(), total, "numbers"),
        more: last_of_full(&numbers).map(|last| older_than(app, last)),
        ..table(app, operator, &numbers, app.now())
    };
    let screen = Screen::new("Blocked numbers", Place::Accounts).with(Block::Table(table));
    Ok(screen.show(app, operator))
}

/// The address of the numbers that were blocked before this one.
pub(super) fn older_than(app: &App, last: &BlockedNumber) -> String {
    let older = older(last.blocked_at, &last.id);
    app.console(&format!("/blocked?older={older}"))
}

/// Blocked numbers.
pub(super) fn table(
    app: &App,
    operator: &SignedIn,
    numbers: &[BlockedNumber],
    now: Timestamp,
) -> Table {
    let rows = numbers.iter().map(|blocked| {
        vec![
            number(operator, blocked).link(app.console(&format!("/blocked/{}", blocked.id))),
            Cell::moment(blocked.blocked_at, now),
        ]
    });
    Table {
        caption: "Blocked numbers",
        columns: vec!["Number", "Blocked"],
        rows: rows.collect(),
        empty: "No such number is blocked.",
        ..Table::default()
    }
}

fn number(operator: &SignedIn, blocked: &BlockedNumber) -> Cell {
    match operator.sees(&blocked.id) {
        true => Cell::id(blocked.phone.as_str()),
        false => Cell::id(blocked.phone.masked()),
    }
}

pub(crate) async fn show(
    State(app): State<Arc<App>>,
    operator: SignedIn,
    Path(id): Path<String>,
    Query(told): Query<Told>,
) -> Result<Response, Response> {
    let blocked = named::row(&app, app.ledger.blocked_number(&id).await).await?;
    Ok(or_trouble(
        &app,
        one(&app, &operator, &blocked, &told).await,
    ))
}

async fn one(
    app: &App,
    operator: &SignedIn,
    blocked: &BlockedNumber,
    told: &Told,
) -> LedgerResult<Response> {
    let now = app.now();
    let texts = super::texts::of(app, operator, &blocked.phone, now).await?;
    let facts = Facts {
        title: "What it is",
        rows: vec![
            ("Number", number(operator, blocked)),
            ("Blocked", Cell::moment(blocked.blocked_at, now)),
        ],
    };
    let mut screen = Screen::new(
        format!("Blocked: {}", blocked.phone.masked()),
        Place::Accounts,
    );
    screen.notice = told.notice();
    let screen = screen
        .with(Block::Actions(actions(app, operator, blocked)))
        .with(Block::Facts(facts))
        .with(Block::Table(texts));
    Ok(screen.show(app, operator))
}

fn actions(app: &App, operator: &SignedIn, blocked: &BlockedNumber) -> Vec<Action> {
    if !operator.role.may(Role::Operate) {
        return Vec::new();
    }
    let to = |verb: &str| app.console(&format!("/blocked/{}/{verb}", blocked.id));
    let mut actions = Vec::new();
    if !operator.sees(&blocked.id) {
        actions.push(Action::simple(to("reveal"), "Reveal the number"));
    }
    actions.push(Action::explained(
        to("unblock"),
        "Unblock the number",
        "Its texts are answered again. What the block ended stays ended: its owner has to sign in again.",
    ));
    actions
}
