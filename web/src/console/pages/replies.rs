//! The replies: which did not arrive, to whom, and why.

use std::sync::Arc;

use axum::{
    extract::{Path, Query, State},
    response::Response,
};
use birdcall_domain::{
    clock::Timestamp,
    overview::Undelivered,
    reply::{ReplyState, twilio_error},
    search::sender,
    wording,
};
use birdcall_ledger::{
    LedgerResult,
    replies::{Reply, ReplyFilter},
};
use serde::Deserialize;
use url::form_urlencoded;

use super::{
    ROWS, cut_to, last_of_full, or_trouble,
    span::{self, older, read_older},
};
use crate::{
    console::{
        blocks::{Block, Facts, Field, Filter, Table},
        cells::{self, Cell},
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
    to: String,
    /// A state, or `all`; empty: those that did not arrive.
    state: String,
    error: String,
    since: String,
    older: String,
}

/// The page of a reply.
pub(super) fn path(id: &str) -> String {
    let id: String = form_urlencoded::byte_serialize(id.as_bytes()).collect();
    format!("/replies/{id}")
}

pub(crate) async fn list(
    State(app): State<Arc<App>>,
    operator: SignedIn,
    Query(looked): Query<Looked>,
) -> Response {
    or_trouble(&app, page(&app, &operator, &looked).await)
}

async fn page(app: &App, operator: &SignedIn, looked: &Looked) -> LedgerResult<Response> {
    let now = app.now();
    let filter = filter(looked, now);
    let total = app.ledger.reply_total(&filter).await?;
    let before = read_older(&looked.older);
    let replies = app
        .ledger
        .replies(&ReplyFilter { before, ..filter })
        .await?;
    let table = Table {
        caption: "Replies",
        columns: vec!["Written", "To", "State", "Why", "Text", "Reply"],
        rows: replies
            .iter()
            .map(|reply| row(app, operator, reply, now))
            .collect(),
        empty: "No reply meets this.",
        note: cut_to(replies.len(), total, "replies"),
        more: last_of_full(&replies).map(|last| {
            let query = form_urlencoded::Serializer::new(String::new())
                .append_pair("to", &looked.to)
                .append_pair("state", &looked.state)
                .append_pair("error", &looked.error)
                .append_pair("since", &looked.since)
                .append_pair("older", &older(last.created_at, &last.id))
                .finish();
            app.console(&format!("/replies?{query}"))
        }),
        ..Table::default()
    };
    let lost = app.ledger.undelivered(now - span::DAY).await?;
    let screen = Screen::new("Replies", Place::Replies)
        .with(Block::Table(causes(app, &lost, now)))
        .with(Block::Filter(form(app, looked)))
        .with(Block::Table(table));
    Ok(screen.show(app, operator))
}

fn filter(looked: &Looked, now: Timestamp) -> ReplyFilter {
    let all = ReplyFilter::default();
    let to = looked.to.trim();
    // A number that nobody can have finds nothing.
    let nobody = (!to.is_empty() && sender(to).is_none()).then_some(Timestamp(0));
    ReplyFilter {
        phone: sender(to),
        state: ReplyState::parse(&looked.state),
        lost: looked.state.is_empty(),
        error_code: looked.error.trim().parse().ok(),
        since: span::beginning(&looked.since, now),
        until: nobody.unwrap_or(all.until),
        limit: ROWS,
        ..all
    }
}

/// Why replies of the last day did not arrive.
fn causes(app: &App, lost: &[Undelivered], now: Timestamp) -> Table {
    let rows = lost.iter().map(|cause| {
        let count = Cell::count(cause.count);
        let list = match cause.error_code {
            Some(code) => format!("/replies?error={code}&since=24h"),
            None => "/replies?since=24h".to_owned(),
        };
        vec![
            Cell::text(error_words(cause.error_code, None)).toned(Tone::Bad),
            count.link(app.console(&list)),
            Cell::age(cause.last_at, now),
        ]
    });
    Table {
        caption: "Did not arrive, last 24 hours",
        columns: vec!["Why", "Replies", "Last"],
        rows: rows.collect(),
        empty: "Every reply of the last 24 hours arrived, or is on its way.",
        ..Table::default()
    }
}

/// An error in words, and Twilio's code.
fn error_words(code: Option<u32>, error: Option<&str>) -> String {
    let known = code.and_then(twilio_error).map(|known| known.words);
    match (code, known.or(error)) {
        (Some(code), Some(words)) => format!("{words} (Twilio's error {code})"),
        (Some(code), None) => format!("Twilio's error {code}"),
        (None, Some(words)) => words.to_owned(),
        (None, None) => "Twilio named no error".to_owned(),
    }
}

/// The reason for a failure; empty if there was none.
fn why(reply: &Reply) -> String {
    match (reply.error_code, reply.error.as_deref()) {
        (None, None) => String::new(),
        (code, error) => error_words(code, error),
    }
}

fn form(app: &App, looked: &Looked) -> Filter {
    let lost = (String::new(), "that did not arrive".to_owned());
    let all = ("all".to_owned(), "all".to_owned());
    let states = ReplyState::ALL.iter();
    let states = states.map(|state| (state.to_string(), state.to_string()));
    let which = [lost, all].into_iter().chain(states);
    Filter {
        action: app.console("/replies"),
        fields: vec![
            Field::choice("state", "Replies", &looked.state, which),
            Field::text("to", "To", &looked.to).hint("number"),
            Field::text("error", "Twilio's error", &looked.error).hint("such as 30007"),
            Field::choice("since", "Written in", &looked.since, span::choices()),
        ],
    }
}

fn row(app: &App, operator: &SignedIn, reply: &Reply, now: Timestamp) -> Vec<Cell> {
    vec![
        Cell::age(reply.created_at, now),
        to(operator, reply),
        state(reply),
        Cell::text(why(reply)),
        text(app, reply),
        Cell::text(reply.purpose.as_str()).link(app.console(&path(&reply.id))),
    ]
}

fn sees(operator: &SignedIn, reply: &Reply) -> bool {
    let sid = reply.text_sid.as_ref();
    sid.is_some_and(|sid| operator.sees(sid.as_str()))
}

fn to(operator: &SignedIn, reply: &Reply) -> Cell {
    match &reply.to {
        None => Cell::text("forgotten").toned(Tone::Quiet),
        Some(phone) if sees(operator, reply) => Cell::id(phone.as_str()),
        Some(phone) => Cell::id(phone.masked()),
    }
}

/// The text that it answers.
fn text(app: &App, reply: &Reply) -> Cell {
    match &reply.text_sid {
        Some(sid) => Cell::id(&sid.as_str()[..10]).link(app.console(&format!("/texts/{sid}"))),
        None => Cell::text("none").toned(Tone::Quiet),
    }
}

/// The state, with what Twilio says of the message.
fn state(reply: &Reply) -> Cell {
    let state = reply.progress.state;
    let is_sent = state == ReplyState::Sent;
    let delivery = reply.delivery.as_deref().filter(|_| is_sent);
    let (words, tone) = match delivery {
        Some("delivered" | "read") => ("arrived".to_owned(), Tone::Good),
        Some("undelivered" | "failed") => ("did not arrive".to_owned(), Tone::Bad),
        Some(delivery) => (format!("sent, Twilio says {delivery}"), Tone::Waiting),
        None if is_sent => ("sent, no report yet".to_owned(), Tone::Waiting),
        None => (state.to_string(), cells::tone_of_reply(state)),
    };
    Cell::text(words).toned(tone)
}

pub(crate) async fn show(
    State(app): State<Arc<App>>,
    operator: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Response> {
    let reply = named::row(&app, app.ledger.reply(&id).await).await?;
    Ok(one(&app, &operator, &reply))
}

fn one(app: &App, operator: &SignedIn, reply: &Reply) -> Response {
    let now = app.now();
    let progress = &reply.progress;
    let words = cells::words(&reply.body, sees(operator, reply));
    let mut rows = vec![
        ("State", state(reply)),
        ("That means", Cell::text(progress.state.meaning())),
    ];
    let why = why(reply);
    if !why.is_empty() {
        rows.push(("Why", Cell::text(why)));
    }
    if let Some(delivery) = &reply.delivery {
        rows.push(("Twilio says", Cell::text(delivery)));
    }
    rows.push(("To", to(operator, reply)));
    rows.push(("Answers the text", text(app, reply)));
    rows.push(("Purpose", Cell::text(reply.purpose.meaning())));
    rows.push(("Written", Cell::moment(reply.created_at, now)));
    if let Some(at) = reply.sent_at {
        rows.push(("Last call", Cell::moment(at, now)));
    }
    let waits = matches!(progress.state, ReplyState::Queued | ReplyState::InDoubt);
    if let Some(at) = reply.next_attempt_at.filter(|_| waits) {
        rows.push((
            "Next try",
            match at {
                Timestamp::UNTIL_RESUMED => Cell::text("when the queue is resumed"),
                at => Cell::moment(at, now),
            },
        ));
        rows.push(("Given up", Cell::moment(progress.deadline_at, now)));
    }
    rows.push(("Calls", Cell::text(wording::number(reply.attempts.into()))));
    if reply.resends > 0 {
        let again = wording::counted(reply.resends.into(), "time", "times");
        rows.push(("Sent again", Cell::text(again)));
    }
    let segments = format!("{} ({})", reply.segments, reply.encoding);
    rows.push(("Segments", Cell::text(segments)));
    rows.push((
        "Twilio's sid",
        Cell::id(reply.twilio_sid.clone().unwrap_or_default()),
    ));
    rows.push(("Reply", Cell::id(&reply.id)));
    let screen = Screen::new("Reply", Place::Replies)
        .with(Block::Words(words))
        .with(Block::Facts(Facts {
            title: "What it is",
            rows,
        }));
    screen.show(app, operator)
}
