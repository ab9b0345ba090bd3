//! The linked numbers.

use std::sync::Arc;

use axum::{
    extract::{Path, Query, State},
    response::Response,
};
use birdcall_domain::{
    account::{AccountState, RefreshToken},
    clock::Timestamp,
    operator::Role,
    search::sender,
    wording,
};
use birdcall_ledger::{
    LedgerResult,
    accounts::{Account, AccountFilter},
};
use serde::Deserialize;
use url::form_urlencoded;

use super::{
    ROWS, any_of, blocked, cut_to, last_of_full, or_trouble,
    span::{older, read_older},
};
use crate::{
    console::{
        act::{Told, erase},
        blocks::{Action, Block, Facts, Field, Filter, Table},
        cells::Cell,
        named,
        screen::{Place, Screen},
        session::SignedIn,
        tone::Tone,
    },
    state::App,
};

/// What is looked for, as the address says it.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Looked {
    q: String,
    state: String,
    older: String,
    done: String,
}

/// The latest blocked numbers that are listed below the linked ones.
const BLOCKED: i64 = 10;

pub(crate) async fn list(
    State(app): State<Arc<App>>,
    operator: SignedIn,
    Query(looked): Query<Looked>,
) -> Response {
    or_trouble(&app, all(&app, &operator, &looked).await)
}

async fn all(app: &App, operator: &SignedIn, looked: &Looked) -> LedgerResult<Response> {
    let now = app.now();
    let q = looked.q.trim();
    let phone = sender(q);
    let filter = AccountFilter {
        handle: Some(q.trim_start_matches('@').to_owned())
            .filter(|handle| !handle.is_empty() && phone.is_none()),
        phone: phone.clone(),
        state: AccountState::parse(&looked.state),
        before: read_older(&looked.older),
        limit: ROWS,
    };
    let accounts = app.ledger.accounts_where(&filter).await?;
    let total = app.ledger.account_total().await?;
    let all_are_meant = q.is_empty() && filter.state.is_none();
    let table = Table {
        caption: "Linked numbers",
        columns: vec![
            "Number",
            "X account",
            "State",
            "Linked",
            "Last text",
            "Access token expires",
        ],
        rows: accounts
            .iter()
            .map(|account| row(app, operator, account, now))
            .collect(),
        empty: "No linked number meets this.",
        note: cut_to(accounts.len(), total, "numbers").filter(|_| all_are_meant),
        more: last_of_full(&accounts).map(|last| {
            let query = form_urlencoded::Serializer::new(String::new())
                .append_pair("q", &looked.q)
                .append_pair("state", &looked.state)
                .append_pair("older", &older(last.linked_at, &last.id))
                .finish();
            app.console(&format!("/accounts?{query}"))
        }),
        ..Table::default()
    };
    let blocked = match &phone {
        Some(phone) => app.ledger.block_of(phone).await?.into_iter().collect(),
        None => app.ledger.blocked_numbers(None, BLOCKED).await?,
    };
    let is_cut = i64::try_from(blocked.len()).is_ok_and(|count| count >= BLOCKED);
    let last = blocked.last().filter(|_| is_cut);
    let more = last.map(|last| blocked::older_than(app, last));
    let blocked = Table {
        more,
        ..blocked::table(app, operator, &blocked, now)
    };
    let mut screen = Screen::new("Accounts", Place::Accounts);
    screen.notice = Told::new(&looked.done).notice();
    let screen = screen
        .with(Block::Filter(form(app, looked)))
        .with(Block::Table(table))
        .with(Block::Table(blocked));
    Ok(screen.show(app, operator))
}

fn form(app: &App, looked: &Looked) -> Filter {
    let states = AccountState::ALL.iter().map(|state| state.as_str());
    Filter {
        action: app.console("/accounts"),
        fields: vec![
            Field::text("q", "Find", &looked.q).hint("number or @handle"),
            Field::choice("state", "State", &looked.state, any_of(states)),
        ],
    }
}

fn row(app: &App, operator: &SignedIn, account: &Account, now: Timestamp) -> Vec<Cell> {
    vec![
        number(operator, account).link(app.console(&format!("/accounts/{}", account.id))),
        handle(account),
        state(account),
        Cell::age(account.linked_at, now),
        Cell::age(account.last_text_at, now),
        Cell::age(account.access_expires_at, now),
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
) -> Result<Response, Response> {
    let account = named::row(&app, app.ledger.account(&id).await).await?;
    Ok(or_trouble(&app, one(&app, &operator, &account, told).await))
}

async fn one(
    app: &App,
    operator: &SignedIn,
    account: &Account,
    told: Told,
) -> LedgerResult<Response> {
    let now = app.now();
    let table = super::texts::of(app, operator, &account.phone, now).await?;
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
            ("Refreshed next", refreshed_next(account, now)),
            ("Refresh token", refresh_token(account, now)),
            (
                "Refreshes that failed in a row",
                Cell::text(wording::number(account.refresh_failures.into())),
            ),
            (
                "Pairs of tokens so far",
                Cell::text(account.token_version.to_string()),
            ),
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

fn refreshed_next(account: &Account, now: Timestamp) -> Cell {
    match account.refresh_due_at {
        Some(at) => Cell::moment(at, now),
        None => Cell::text("when a text needs it").toned(Tone::Quiet),
    }
}

fn refresh_token(account: &Account, now: Timestamp) -> Cell {
    match account.tokens().refresh_token {
        RefreshToken::Good => Cell::text("there").toned(Tone::Good),
        RefreshToken::Missing => Cell::text("X gave none").toned(Tone::Bad),
        RefreshToken::InDoubt => {
            let since = account.refresh_doubted_at.unwrap_or_default();
            let told = format!(
                "in doubt: its last use was not answered, {}",
                wording::age(since, now)
            );
            Cell::text(told).toned(Tone::Waiting)
        }
    }
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
    if operator.role.may(Role::Admin) {
        let to = app.console(&format!("/accounts/{}/erase", account.id));
        actions.push(erase::action(to));
    }
    actions
}
