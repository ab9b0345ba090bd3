//! The pages of the console, a file each.

pub(super) mod accounts;
pub(super) mod audit;
pub(super) mod blocked;
mod charted;
mod figures;
pub(super) mod jobs;
pub(super) mod operators;
pub(super) mod overview;
pub(super) mod people;
pub(super) mod person;
pub(super) mod plan;
pub(super) mod replay;
pub(super) mod replays;
pub(super) mod replies;
mod services;
mod span;
pub(super) mod spend;
pub(super) mod text;
pub(super) mod texts;
mod texts_filter;
pub(super) mod workers;

use axum::response::Response;
use birdcall_domain::wording;
use birdcall_ledger::{LedgerResult, totals::Total};

use crate::state::App;

/// The version of this web process. Workers should run the same.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The rows that a page shows at once.
const ROWS: i64 = 50;

/// The last row of a page that is full: more may follow.
fn last_of_full<T>(rows: &[T]) -> Option<&T> {
    let is_full = i64::try_from(rows.len()).is_ok_and(|count| count >= ROWS);
    rows.last().filter(|_| is_full)
}

/// Says that a list shows only some of the rows that match, if it does. `what` names them, as in "texts".
fn cut_to(shown: usize, total: Total, what: &str) -> Option<String> {
    let is_cut = u64::try_from(shown).is_ok_and(|shown| shown < total.count);
    is_cut.then(|| showing(shown, total, what))
}

/// How many of the rows that match are shown.
fn showing(shown: usize, total: Total, what: &str) -> String {
    let at_least = if total.all { "" } else { "at least " };
    format!(
        "Showing {} of {at_least}{} {what}.",
        wording::number(u64::try_from(shown).unwrap_or(u64::MAX)),
        wording::number(total.count)
    )
}

/// The page, or the one that says that the ledger cannot be read.
fn or_trouble(app: &App, page: LedgerResult<Response>) -> Response {
    page.unwrap_or_else(|error| {
        tracing::error!(%error, "a page of the console could not be made");
        app.trouble()
    })
}

/// An optional choice in front of the words of an enumeration.
fn any_of(words: impl Iterator<Item = &'static str>) -> Vec<(String, String)> {
    let any = (String::new(), "any".to_owned());
    let words = words.map(|word| (word.to_owned(), word.to_owned()));
    std::iter::once(any).chain(words).collect()
}
