//! The people who may sign up: those whom operators allowed, and the numbers of the settings.

use std::sync::Arc;

use axum::{
    extract::{Query, State},
    response::Response,
};
use birdcall_domain::{
    clock::Timestamp, operator::Role, phone::Phone, reply::ReplyState, sign_up::SignUpRule, wording,
};
use birdcall_ledger::{
    LedgerResult,
    people::{PeopleFilter, Person, Place as PlaceInList, Standing},
};
use serde::Deserialize;

use super::{ROWS, cut_to, or_trouble};
use crate::{
    console::{
        act::Told,
        blocks::{Action, Block, Field, Table},
        cells::{self, Cell},
        screen::{Place, Screen},
        session::SignedIn,
        tone::Tone,
    },
    state::App,
};

/// Which part of the list is shown: the people behind this place, as `MILLISECONDS.ID`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Part {
    behind: String,
}

impl Part {
    fn place(&self) -> Option<PlaceInList> {
        let (at, id) = self.behind.split_once('.')?;
        Some(PlaceInList {
            allowed_at: Timestamp(at.parse().ok()?),
            id: id.to_owned(),
        })
    }
}

pub(crate) async fn list(
    State(app): State<Arc<App>>,
    operator: SignedIn,
    Query(part): Query<Part>,
    Query(told): Query<Told>,
) -> Response {
    or_trouble(&app, all(&app, &operator, &part, &told).await)
}

async fn all(app: &App, operator: &SignedIn, part: &Part, told: &Told) -> LedgerResult<Response> {
    let now = app.now();
    let behind = part.place();
    let is_first = behind.is_none();
    let filter = PeopleFilter {
        behind,
        limit: ROWS,
    };
    let people = app.ledger.people(&filter).await?;
    let table = Table {
        caption: "Allowed by operators",
        columns: vec!["Number", "Note", "State", "Allowed", "By", "Invited"],
        rows: people
            .iter()
            .map(|person| row(app, operator, person, now))
            .collect(),
        empty: "No operator has allowed a number.",
        note: note(app, people.len()).await?,
        more: more(app, &people),
        newest: (!is_first).then(|| app.console("/people")),
    };
    let mut screen = Screen::new("People", Place::People);
    screen.notice = told.notice();
    if operator.role.may(Role::Admin) {
        screen = screen.with(Block::Actions(actions(app)));
    }
    screen = screen.with(Block::Table(table));
    if is_first {
        screen = screen.with(Block::Table(by_setting(app).await?));
    }
    Ok(screen.show(app, operator))
}

async fn note(app: &App, shown: usize) -> LedgerResult<Option<String>> {
    let total = app.ledger.people_total().await?;
    Ok(cut_to(shown, total, "numbers"))
}

/// The address of the next people, if the page is full.
fn more(app: &App, people: &[Person]) -> Option<String> {
    let is_full = i64::try_from(people.len()).ok()? == ROWS;
    let last = people.last().filter(|_| is_full)?;
    let path = format!("/people?behind={}.{}", last.allowed_at.0, last.id);
    Some(app.console(&path))
}

fn row(app: &App, operator: &SignedIn, person: &Person, now: Timestamp) -> Vec<Cell> {
    vec![
        number(operator, person).link(app.console(&format!("/people/{}", person.id))),
        note_of(person),
        state(person.is_linked, person.is_blocked, person.stopped_at),
        Cell::age(person.allowed_at, now),
        Cell::text(&person.allowed_by),
        match person.invited_at {
            Some(at) => Cell {
                words: format!("{}{}", wording::age(at, now), sent(person)),
                ..Cell::age(at, now).toned(tone(person))
            },
            None => Cell::text("not invited").toned(Tone::Quiet),
        },
    ]
}

pub(super) fn number(operator: &SignedIn, person: &Person) -> Cell {
    match operator.sees(&person.id) {
        true => Cell::id(person.phone.as_str()),
        false => Cell::id(person.phone.masked()),
    }
}

pub(super) fn note_of(person: &Person) -> Cell {
    match person.note.as_str() {
        "" => Cell::text("none").toned(Tone::Quiet),
        note => Cell::text(note),
    }
}

pub(super) fn state(is_linked: bool, is_blocked: bool, stopped_at: Option<Timestamp>) -> Cell {
    if is_blocked {
        Cell::text("blocked").toned(Tone::Bad)
    } else if is_linked {
        Cell::text("linked").toned(Tone::Good)
    } else if stopped_at.is_some() {
        Cell::text("texted \\STOP").toned(Tone::Quiet)
    } else {
        Cell::text("may sign up").toned(Tone::Waiting)
    }
}

/// What became of the invitation, while its reply is kept.
pub(super) fn sent(person: &Person) -> String {
    let state = person.invitation.map(|state| state.to_string());
    let words = person.delivery.clone().or(state);
    words.map_or(String::new(), |words| format!(", {words}"))
}

pub(super) fn tone(person: &Person) -> Tone {
    match (&person.delivery, person.invitation) {
        (Some(delivery), _) => cells::tone_of_delivery(delivery),
        (None, Some(ReplyState::Sent)) => Tone::Waiting,
        (None, Some(state)) => cells::tone_of_reply(state),
        (None, None) => Tone::Plain,
    }
}

/// The numbers of the settings, as many as a page shows.
async fn by_setting(app: &App) -> LedgerResult<Table> {
    let numbers = app.config.sign_up.numbers();
    let shown = usize::try_from(ROWS).unwrap_or(usize::MAX);
    let numbers_shown = &numbers[..numbers.len().min(shown)];
    let standings = app.ledger.standings(numbers_shown).await?;
    let rows: Vec<Vec<Cell>> = numbers_shown
        .iter()
        .map(|phone| row_of_setting(phone, standings.get(phone).copied().unwrap_or_default()))
        .collect();
    let left = numbers.len().saturating_sub(rows.len());
    Ok(Table {
        caption: "Allowed by the settings",
        columns: vec!["Number", "State"],
        rows,
        empty: match &app.config.sign_up {
            SignUpRule::Allowlist(_) => "ALLOWED_NUMBERS names no number.",
            SignUpRule::Open => "SIGNUP=open: every number may sign up.",
            SignUpRule::OpenIn(_) => "SIGNUP=open: every number of SIGNUP_COUNTRIES may sign up.",
            SignUpRule::OpenNearby => {
                "SIGNUP=open: every number of our number's country may sign up."
            }
        },
        note: (left > 0).then(|| format!("And {left} more.")),
        ..Table::default()
    })
}

fn row_of_setting(phone: &Phone, standing: Standing) -> Vec<Cell> {
    vec![
        Cell::id(phone.masked()),
        state(standing.is_linked, standing.is_blocked, None),
    ]
}

fn fields() -> Vec<Field> {
    vec![
        Field::text("phone", "Number", "").hint("+15551230001"),
        Field::text("note", "Note, such as a name", ""),
    ]
}

fn actions(app: &App) -> Vec<Action> {
    vec![
        Action {
            fields: fields(),
            ..Action::explained(
                app.console("/people/invite"),
                "Invite a number",
                "The number may sign up, and the sign-in link is texted to it.",
            )
        },
        Action {
            fields: fields(),
            ..Action::explained(
                app.console("/people/allow"),
                "Allow a number",
                "The number may sign up. Nothing is texted until its owner texts us.",
            )
        },
    ]
}
