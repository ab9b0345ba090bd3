//! The linked numbers.

use std::sync::Arc;

use axum::{
    extract::{Path, Query, State},
    response::Response,
};
use birdcall_domain::{account::AccountState, clock::Timestamp, operator::Role, wording};
use birdcall_ledger::{LedgerResult, accounts::Account, texts::TextFilter};

use super::{ROWS, or_trouble};
use crate::{
    console::{
        act::Told,
        blocks::{Action, Block, Facts, Table},
        cells::Cell,
        screen::{Place, Screen},
        session::SignedIn,
        tone::Tone,
    },
    state::App,
};

pub(crate) async fn list(
    State(app): State<Arc<App>>,
    operator: SignedIn,
    Query(told): Query<Told>,
) -> Response {
    or_trouble(&app, all(&app, &operator, &told).await)
}

async fn all(app: &App, operator: &SignedIn, told: &Told) -> LedgerResult<Response> {
    let now = app.now();
    let accounts = app.ledger.first_accounts(ROWS).await?;
    let total = app.ledger.account_total().await?.count;
    let shown = u64::try_from(accounts.len()).unwrap_or(u64::MAX);
    let table = Table {
        columns: vec!["Number", "X account", "State", "Linked", "Last text"],
        rows: accounts
            .iter()
            .map(|account| row(app, operator, account, now))
            .collect(),
        empty: "No number is linked.",
        note: (shown < total).then(|| {
            format!(
                "Showing {} of {} numbers.",
                wording::number(shown),
                wording::number(total)
            )
        }),
        ..Table::default()
    };
    let mut screen = Screen::new("Accounts", Place::Accounts).with(Block::Table(table));
    screen.notice = told.notice();
    Ok(screen.show(app, operator))
}

fn row(app: &App, operator: &SignedIn, account: &Account, now: Timestamp) -> Vec<Cell> {
    vec![
        number(operator, account).link(app.console(&format!("/accounts/{}", account.id))),
        handle(account),
        state(account),
        Cell::age(account.linked_at, now),
        Cell::age(account.last_text_at, now),
    ]
}

fn number(operator: &SignedIn, account: &Account) -> Cell {
    match operator.sees(&account.id) {
        true => Cell::id(account.phone.as_str()),
        false => Cell::id(account.phone.masked()),
    }
}

pub(super) fn handle(account: &Account) -> Cell {
    match account.x_handle.as_str() {
        "" => Cell::text("X has not told yet").toned(Tone::Quiet),
        handle => Cell::text(format!("@{handle}")),
    }
}

fn state(account: &Account) -> Cell {
    match account.state {
        AccountState::Active => Cell::text("active").toned(Tone::Good),
        AccountState::NeedsSignIn => Cell::text("needs a sign-in").toned(Tone::Bad),
    }
}

pub(crate) async fn show(
    State(app): State<Arc<App>>,
    operator: SignedIn,
    Path(id): Path<String>,
    Query(told): Query<Told>,
) -> Response {
    let page = match app.ledger.account(&id).await {
        Ok(Some(account)) => one(&app, &operator, &account, told).await,
        Ok(None) => return crate::routes::not_found::show_not_found(State(app)).await,
        Err(error) => Err(error),
    };
    or_trouble(&app, page)
}

async fn one(
    app: &App,
    operator: &SignedIn,
    account: &Account,
    told: Told,
) -> LedgerResult<Response> {
    let now = app.now();
    let of_this = TextFilter {
        phone: Some(account.phone.clone()),
        limit: ROWS,
        ..TextFilter::default()
    };
    let texts = app.ledger.texts(&of_this).await?;
    let table = Table {
        caption: "Its texts",
        columns: vec!["Received", "From", "State", "Text", "Sid"],
        rows: texts
            .iter()
            .map(|text| super::texts::row(app, operator, text, now))
            .collect(),
        empty: "It has sent no text.",
        ..Table::default()
    };
    let facts = Facts {
        title: "What it is",
        rows: vec![
            ("Number", number(operator, account)),
            ("X account", handle(account)),
            ("State", state(account)),
            ("Linked", Cell::moment(account.linked_at, now)),
            ("Last text", Cell::moment(account.last_text_at, now)),
            (
                "Access token expires",
                Cell::moment(account.access_expires_at, now),
            ),
            ("Pairs of tokens", Cell::number(account.token_version)),
            ("Scopes", Cell::text(&account.scopes)),
        ],
    };
    let mut screen = Screen::new(account.phone.masked(), Place::Accounts);
    screen.notice = told.notice();
    let screen = screen
        .with(Block::Actions(actions(app, operator, account)))
        .with(Block::Facts(facts))
        .with(Block::Table(table));
    Ok(screen.show(app, operator))
}

fn actions(app: &App, operator: &SignedIn, account: &Account) -> Vec<Action> {
    let mut actions = Vec::new();
    if operator.role.may(Role::Operate) && !operator.sees(&account.id) {
        let to = app.console(&format!("/accounts/{}/reveal", account.id));
        actions.push(Action::simple(to, "Reveal the number"));
    }
    if operator.role.may(Role::Operate) {
        let to = |verb: &str| app.console(&format!("/accounts/{}/{verb}", account.id));
        actions.push(Action::explained(
            to("unlink"),
            "Unlink",
            "X revokes its tokens, and what waits is not posted. Its owner is not told, and may sign in again.",
        ));
        actions.push(Action {
            is_grave: true,
            ..Action::explained(to("block"), "Block the number", super::text::BLOCKING)
        });
    }
    actions
}
