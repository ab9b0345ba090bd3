//! The texts, and the box that finds them.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{Query, State},
    response::{IntoResponse, Redirect, Response},
};
use birdcall_domain::{clock::Timestamp, phone::Phone, text::TextState, wording};
use birdcall_ledger::{
    LedgerResult,
    texts::{Extent, Text, TextFilter},
};
use serde::Deserialize;

use super::{ROWS, any_of, or_trouble};
use crate::{
    console::{
        blocks::{Block, Field, Filter, Table},
        cells::{self, Cell},
        screen::{Place, Screen},
        session::SignedIn,
    },
    state::App,
};

/// What is looked for, as the address says it.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Looked {
    q: String,
    state: String,
    since: String,
}

/// The spans that the list offers.
const SPANS: [(&str, &str, u64); 5] = [
    ("", "any time", 0),
    ("1h", "the last hour", 3600),
    ("24h", "the last 24 hours", 24 * 3600),
    ("7d", "the last 7 days", 7 * 24 * 3600),
    ("30d", "the last 30 days", 30 * 24 * 3600),
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
    let q = looked.q.trim();
    if is_sid(q)
        && let [text] = &app.ledger.texts_with_sid(q).await?[..]
    {
        let to = app.console(&format!("/texts/{}", text.sid));
        return Ok(Redirect::to(&to).into_response());
    }
    let filter = filter(looked, now);
    let texts = app.ledger.texts(&filter).await?;
    let extent = app.ledger.text_extent(&filter, texts.len()).await?;
    let rows = texts.iter().map(|text| row(app, operator, text, now));
    let table = Table {
        columns: vec!["Received", "From", "State", "Text", "Sid"],
        rows: rows.collect(),
        empty: "No text meets this.",
        note: note(texts.len(), &filter, extent),
        ..Table::default()
    };
    let screen = Screen::new("Texts", Place::Texts)
        .with(Block::Filter(form(app, looked)))
        .with(Block::Table(table));
    Ok(screen.show(app, operator))
}

/// Whether it may be the beginning of a sid, as Twilio writes them.
fn is_sid(words: &str) -> bool {
    let digits = words.strip_prefix("SM").or(words.strip_prefix("MM"));
    digits.is_some_and(|digits| {
        (6..=32).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

/// A phone number in the box is a sender. Anything else is words of the body.
fn filter(looked: &Looked, now: Timestamp) -> TextFilter {
    let q = looked.q.trim();
    let phone: Option<Phone> = phone(q);
    let span = SPANS.iter().find(|(value, ..)| *value == looked.since);
    let span = span.map_or(0, |(.., seconds)| *seconds);
    TextFilter {
        contains: Some(q.to_owned()).filter(|q| !q.is_empty() && phone.is_none()),
        phone,
        state: TextState::parse(&looked.state),
        since: match span {
            0 => Timestamp(0),
            seconds => now - Duration::from_secs(seconds),
        },
        limit: ROWS,
        ..TextFilter::default()
    }
}

/// Reads a number as people write it: `+1 555 000 1111`. A form turns a `+` of the address into a space.
fn phone(words: &str) -> Option<Phone> {
    let digits: String = words.chars().filter(char::is_ascii_digit).collect();
    let only_a_number = words
        .chars()
        .all(|c| c.is_ascii_digit() || "+ -().".contains(c));
    let enough = digits.len() >= 8;
    (only_a_number && enough).then(|| format!("+{digits}").parse().ok())?
}

fn form(app: &App, looked: &Looked) -> Filter {
    let states = TextState::ALL.iter().map(|state| state.as_str());
    let spans = SPANS.map(|(value, words, _)| (value.to_owned(), words.to_owned()));
    Filter {
        action: app.console("/texts"),
        fields: vec![
            Field::text("q", "Find", &looked.q).hint("number, words or MessageSid"),
            Field::choice("state", "State", &looked.state, any_of(states)),
            Field::choice("since", "Received in", &looked.since, spans),
        ],
    }
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
    let shown = u64::try_from(shown).unwrap_or(u64::MAX);
    let total = extent.total;
    let cut = (shown < total.count).then(|| {
        let at_least = if total.all { "" } else { "at least " };
        format!(
            "Showing {} of {at_least}{} texts.",
            wording::number(shown),
            wording::number(total.count)
        )
    });
    let looked = extent.looked_back_to.filter(|_| filter.contains.is_some());
    let looked = looked.map(|back_to| {
        let looked_at = u64::try_from(filter.look_at).unwrap_or(0);
        format!(
            "Looked for the words in the newest {} texts, back to {}.",
            wording::number(looked_at),
            wording::at(back_to)
        )
    });
    let said: Vec<String> = cut.into_iter().chain(looked).collect();
    (!said.is_empty()).then(|| said.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_a_sender_however_it_is_written() {
        for (words, expected) in [
            ("+15550001111", Some("+15550001111")),
            (" 15550001111", Some("+15550001111")),
            ("+1 (555) 000-1111", Some("+15550001111")),
            ("1111", None),
            ("call 15550001111", None),
            ("", None),
        ] {
            let found = phone(words);
            assert_eq!(found.as_ref().map(Phone::as_str), expected, "{words}");
        }
    }

    #[test]
    fn only_what_twilio_could_have_named_is_a_sid() {
        for (words, expected) in [
            ("SM810f1b13dfc9", true),
            ("MM810f1b13dfc9da01792cab08b560f849", true),
            ("SM810f1", false),
            ("SM and a word", false),
            ("810f1b13dfc9", false),
        ] {
            assert_eq!(is_sid(words), expected, "{words}");
        }
    }
}
