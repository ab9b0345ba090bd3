//! The texts, and the box that finds them.

use std::sync::Arc;

use axum::{
    extract::{Query, State},
    response::{IntoResponse, Redirect, Response},
};
use birdcall_domain::{
    clock::Timestamp,
    phone::{Party, Phone},
    reply::Purpose,
    search::Sought,
    text::TextState,
    wording,
};
use birdcall_ledger::{
    LedgerResult,
    search::Found,
    texts::{Extent, Text, TextFilter},
};

use super::{
    ROWS, any_of, cut_to, or_trouble, replays,
    texts_filter::{Looked, Wanted},
};
use crate::{
    console::{
        blocks::{Block, Facts, Field, Filter, Notice, Table},
        cells::{self, Cell},
        screen::{Place, Screen},
        session::SignedIn,
        tone::Tone,
    },
    state::App,
};

/// The columns of [`row`].
const COLUMNS: [&str; 5] = ["Received", "From", "State", "Text", "Sid"];

pub(crate) async fn list(
    State(app): State<Arc<App>>,
    operator: SignedIn,
    Query(looked): Query<Looked>,
) -> Response {
    or_trouble(&app, page(&app, &operator, &looked).await)
}

async fn page(app: &App, operator: &SignedIn, looked: &Looked) -> LedgerResult<Response> {
    let now = app.now();
    let Wanted { filter, problem } = looked.wanted(now);
    let found = app.ledger.find(&looked.q, &filter).await?;
    if found.list.is_none()
        && let [text] = &found.texts[..]
    {
        let to = app.console(&format!("/texts/{}", text.sid));
        return Ok(Redirect::to(&to).into_response());
    }
    let mut screen = Screen::new("Texts", Place::Texts).with(Block::Filter(form(app, looked)));
    screen.notice = problem.map(|words| Notice {
        tone: Tone::Bad,
        words,
        secret: None,
    });
    if let Some(facts) = named_without_a_text(app, operator, &found, now) {
        return Ok(screen.with(Block::Facts(facts)).show(app, operator));
    }
    let replay = found
        .list
        .as_ref()
        .map(|filter| replays::link(app, filter, now));
    let table = table(app, operator, looked, found, now).await?;
    let screen = replay.into_iter().fold(screen, Screen::with);
    Ok(screen.with(Block::Table(table)).show(app, operator))
}

async fn table(
    app: &App,
    operator: &SignedIn,
    looked: &Looked,
    found: Found,
    now: Timestamp,
) -> LedgerResult<Table> {
    let mut table = Table {
        columns: COLUMNS.into(),
        empty: match found.sought {
            Sought::Post => "No text is known to have become this post.",
            Sought::MessageSid => "No text and no reply has this sid.",
            _ => "No text meets this.",
        },
        ..Table::default()
    };
    let rows = |texts: &[Text]| {
        let rows = texts.iter().map(|text| row(app, operator, text, now));
        rows.collect()
    };
    let Some(filter) = found.list else {
        table.rows = rows(&found.texts);
        return Ok(table);
    };
    let extent = app.ledger.text_extent(&filter, found.texts.len()).await?;
    // One more text than a page has was asked for, to know whether there is a next page.
    let page = Looked::page(&found.texts);
    let has_more = page.len() < found.texts.len();
    let more = match (page.last(), extent.looked_back_to) {
        (Some(last), _) if has_more => Some(looked.after(&last.place())),
        (_, Some(back_to)) if filter.is_sifted() && filter.after.is_none() => {
            Some(looked.until(back_to))
        }
        _ => None,
    };
    table.rows = rows(page);
    table.note = note(page.len(), &filter, extent);
    let to = |query: String| app.console(&format!("/texts?{query}"));
    table.more = more.map(to);
    table.newest = filter.after.is_some().then(|| to(looked.newest()));
    Ok(table)
}

/// What is said of a reply or a job that belongs to no text.
fn named_without_a_text(
    app: &App,
    operator: &SignedIn,
    found: &Found,
    now: Timestamp,
) -> Option<Facts> {
    if !found.texts.is_empty() {
        return None;
    }
    let mut rows = Vec::new();
    if let Some(job) = &found.job {
        let to = app.console("/jobs");
        rows.push(("Job", Cell::id(&job.id).link(to)));
        rows.push(("Queue", Cell::text(job.queue.as_str())));
        rows.push(("State", Cell::text(job.state.as_str())));
        rows.push(("Row", Cell::id(&job.subject)));
    }
    if let Some(reply) = &found.reply {
        let to = reply.to.clone().map_or(Party::Forgotten, Party::Phone);
        let reveal = operator.sees(&reply.id);
        rows.push(("Reply", Cell::id(&reply.id)));
        rows.push(("To", cells::party(&to, reveal)));
        rows.push(("For", Cell::text(Purpose::meaning(reply.purpose))));
        let state = Cell::text(reply.progress.state.as_str());
        rows.push((
            "State",
            state.toned(cells::tone_of_reply(reply.progress.state)),
        ));
        let delivery = reply.delivery.clone().unwrap_or_default();
        rows.push(("Delivery", Cell::text(delivery)));
        rows.push(("Written", Cell::moment(reply.created_at, now)));
    }
    let title = "It belongs to no text";
    (!rows.is_empty()).then_some(Facts { title, rows })
}

fn form(app: &App, looked: &Looked) -> Filter {
    let states = TextState::ALL.iter().map(|state| state.as_str());
    let reasons = birdcall_domain::text::Reason::ALL
        .iter()
        .map(|reason| reason.as_str());
    Filter {
        action: app.console("/texts"),
        fields: vec![
            Field::text("q", "Find", &looked.q).hint("number, words, sid, post or job"),
            Field::choice("state", "State", &looked.state, any_of(states)),
            Field::choice("reason", "Reason", &looked.reason, any_of(reasons)),
            Field::text("error", "Error", &looked.error).hint("such as HTTP 503"),
            Field::text("since", "Since", &looked.since).hint("24h, 1w or 2026-11-22"),
            Field::text("until", "Until", &looked.until).hint("1h or 2026-11-22T17:00:00Z"),
        ],
    }
}

/// The newest texts of one number, for the page of that number.
pub(super) async fn of(
    app: &App,
    operator: &SignedIn,
    phone: &Phone,
    now: Timestamp,
) -> LedgerResult<Table> {
    let filter = TextFilter {
        phone: Some(phone.clone()),
        limit: ROWS,
        ..TextFilter::default()
    };
    let texts = app.ledger.texts(&filter).await?;
    let rows = texts.iter().map(|text| row(app, operator, text, now));
    Ok(Table {
        caption: "Its texts",
        columns: COLUMNS.into(),
        rows: rows.collect(),
        empty: "It has sent no text.",
        ..Table::default()
    })
}

pub(super) fn row(app: &App, operator: &SignedIn, text: &Text, now: Timestamp) -> Vec<Cell> {
    let sid = text.sid.as_str();
    let reveal = operator.sees(sid);
    let progress = &text.progress;
    vec![
        Cell::age(progress.received_at, now),
        cells::party(&text.from, reveal),
        cells::state(progress.state, progress.reason),
        Cell::text(cells::words(&text.body, reveal)),
        Cell::id(&sid[..10]).link(app.console(&format!("/texts/{sid}"))),
    ]
}

fn note(shown: usize, filter: &TextFilter, extent: Extent) -> Option<String> {
    let cut = cut_to(shown, extent.total, "texts");
    let from_the_top = filter.is_sifted() && filter.after.is_none();
    let looked = extent.looked_back_to.filter(|_| from_the_top);
    let looked = looked.map(|back_to| {
        let looked_at = u64::try_from(filter.look_at).unwrap_or(0);
        format!(
            "Looked at the newest {} texts, back to {}.",
            wording::number(looked_at),
            wording::at(back_to)
        )
    });
    let said: Vec<String> = cut.into_iter().chain(looked).collect();
    (!said.is_empty()).then(|| said.join(" "))
}
