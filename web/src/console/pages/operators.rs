//! The operators, for those who may change them.

use std::sync::Arc;

use axum::{
    extract::{Query, State},
    response::Response,
};
use birdcall_domain::operator::{FIRST_OPERATOR, Role};
use birdcall_ledger::{LedgerResult, operators::StoredOperator};

use super::or_trouble;
use crate::{
    console::{
        act::Told,
        blocks::{Action, Block, Field, Notice, Table},
        cells::Cell,
        screen::{Place, Screen},
        session::{Administers, SignedIn},
    },
    state::App,
};

pub(crate) async fn list(
    State(app): State<Arc<App>>,
    Administers(operator): Administers,
    Query(told): Query<Told>,
) -> Response {
    let page = with_notice(&app, &operator, told.notice()).await;
    or_trouble(&app, page)
}

/// The page, with what became of the last action.
pub(crate) async fn with_notice(
    app: &App,
    operator: &SignedIn,
    notice: Option<Notice>,
) -> LedgerResult<Response> {
    let now = app.now();
    let operators = app.ledger.operators().await?;
    let first = app.config.admin_password.is_some().then(|| {
        vec![
            Cell::text(FIRST_OPERATOR),
            Cell::text(Role::Admin.as_str()),
            Cell::text("by ADMIN_PASSWORD"),
        ]
    });
    let rows = operators.iter().map(|operator| {
        vec![
            Cell::text(&operator.name),
            Cell::text(operator.role.as_str()),
            Cell::moment(operator.created_at, now),
        ]
    });
    let table = Table {
        columns: vec!["Name", "Role", "Added"],
        rows: first.into_iter().chain(rows).collect(),
        empty: "There is no operator.",
        ..Table::default()
    };
    let mut screen = Screen::new("Operators", Place::Operators);
    screen.notice = notice;
    let screen = screen
        .with(Block::Table(table))
        .with(Block::Actions(vec![add(app)]));
    let screen = operators.iter().fold(screen, |screen, operator| {
        screen.with(Block::Actions(actions(app, operator)))
    });
    Ok(screen.show(app, operator))
}

fn roles(chosen: Role) -> Field {
    let choices = Role::ALL.iter().map(|role| {
        let words = format!("{role}: {}", role.meaning());
        (role.as_str().to_owned(), words)
    });
    Field::choice("role", "Role", chosen.as_str(), choices)
}

fn add(app: &App) -> Action {
    Action {
        fields: vec![Field::text("name", "Name", ""), roles(Role::Read)],
        ..Action::explained(
            app.console("/operators/add"),
            "Add an operator",
            "A password is made and shown once. Give it to the operator by a way that nobody else reads.",
        )
    }
}

fn actions(app: &App, operator: &StoredOperator) -> Vec<Action> {
    let name = &operator.name;
    let to = |verb: &str| app.console(&format!("/operators/{name}/{verb}"));
    vec![
        Action {
            fields: vec![roles(operator.role)],
            ..Action::explained(
                to("role"),
                "Change the role",
                &format!("{name} is signed out everywhere."),
            )
        },
        Action::explained(
            to("password"),
            "Make a new password",
            &format!(
                "The old password of {name} no longer works, and {name} is signed out everywhere."
            ),
        ),
        Action {
            is_grave: true,
            ..Action::explained(
                to("remove"),
                "Remove",
                &format!("{name} is signed out everywhere and can no longer sign in."),
            )
        },
    ]
}
