//! One of the people who may sign up.

use std::sync::Arc;

use axum::{
    extract::{Path, Query, State},
    response::Response,
};
use birdcall_domain::operator::Role;
use birdcall_ledger::people::Person;

use super::people::{note_of, number, sent, state, tone};
use crate::{
    console::{
        act::Told,
        blocks::{Action, Block, Facts},
        cells::Cell,
        named,
        screen::{Place, Screen},
        session::SignedIn,
    },
    state::App,
};

pub(crate) async fn show(
    State(app): State<Arc<App>>,
    operator: SignedIn,
    Path(id): Path<String>,
    Query(told): Query<Told>,
) -> Result<Response, Response> {
    let person = named::row(&app, app.ledger.person(&id).await).await?;
    Ok(one(&app, &operator, &person, &told))
}

fn one(app: &App, operator: &SignedIn, person: &Person, told: &Told) -> Response {
    let now = app.now();
    let mut rows = vec![
        ("Number", number(operator, person)),
        (
            "State",
            state(person.is_linked, person.is_blocked, person.stopped_at),
        ),
        ("Note", note_of(person)),
        ("Allowed", Cell::moment(person.allowed_at, now)),
        ("Allowed by", Cell::text(&person.allowed_by)),
    ];
    if let Some(at) = person.invited_at {
        rows.push(("Invited", Cell::moment(at, now)));
        let by = person.invited_by.as_deref().unwrap_or_default();
        rows.push(("Invited by", Cell::text(by)));
        let became = sent(person);
        let became = became.trim_start_matches(", ");
        if !became.is_empty() {
            rows.push(("Invitation", Cell::text(became).toned(tone(person))));
        }
    }
    if let Some(at) = person.stopped_at {
        rows.push(("Texted \\STOP", Cell::moment(at, now)));
    }
    let title = "Who that is";
    let mut screen = Screen::new(person.phone.masked(), Place::People);
    screen.notice = told.notice();
    let screen = screen
        .with(Block::Actions(actions_of(app, operator, person)))
        .with(Block::Facts(Facts { title, rows }));
    screen.show(app, operator)
}

fn actions_of(app: &App, operator: &SignedIn, person: &Person) -> Vec<Action> {
    let to = |verb: &str| app.console(&format!("/people/{}/{verb}", person.id));
    let mut actions = Vec::new();
    if operator.role.may(Role::Operate) && !operator.sees(&person.id) {
        actions.push(Action::simple(to("reveal"), "Reveal the number"));
    }
    if operator.role.may(Role::Admin) {
        if !person.is_linked && !person.is_blocked {
            actions.push(Action::explained(
                to("invite"),
                "Invite",
                "The sign-in link is texted to the number.",
            ));
        }
        actions.push(Action {
            is_grave: true,
            ..Action::explained(to("remove"), "Remove from the list", REMOVING)
        });
    }
    actions
}

/// What removing a number does.
const REMOVING: &str = "The number may no longer sign up, unless the settings let it. If it is linked, it keeps its \
    account: unlink or block it to end that.";
