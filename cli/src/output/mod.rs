//! How commands print: lines, tables, records and JSON.
//!
//! Whatever is printed for people passes through [`escape`], because bodies, handles and errors
//! come from strangers, and a terminal obeys control characters.

mod cell;
mod escape;
mod print;
mod record;
mod stream;
mod table;
mod width;

use std::fmt;

use birdcall_ledger::totals::Total;
pub(crate) use cell::Cell;
pub(crate) use print::{line, note};
pub(crate) use record::Record;
use serde::Serialize;
pub(crate) use stream::{Progress, Rows};

use crate::terminal;
use birdcall_domain::{tone::Tone, wording::number};

/// Prints rows as one JSON array, or as a table that fits the terminal. `cells` returns one cell
/// for each of `columns`.
pub(crate) fn list<T: Serialize, C: Into<Cell>>(
    rows: &[T],
    json: bool,
    columns: &[&str],
    cells: impl Fn(&T) -> Vec<C>,
) {
    if json {
        object(&rows);
    } else {
        table(rows, columns, cells);
    }
}

/// Prints rows as a table that fits the terminal. `cells` returns one cell for each of `columns`.
pub(crate) fn table<T, C: Into<Cell>>(rows: &[T], columns: &[&str], cells: impl Fn(&T) -> Vec<C>) {
    if rows.is_empty() {
        return note("There are none.");
    }
    let heads = columns.iter();
    let mut lines: Vec<Vec<Cell>> = vec![heads.map(|name| name.to_uppercase().into()).collect()];
    lines.extend(
        rows.iter()
            .map(|row| cells(row).into_iter().map(C::into).collect()),
    );
    for row in table::lay_out(&lines, terminal::width()) {
        print::painted(&row);
    }
}

/// Says that a list shows only some of the rows that match. `what` names them, as in "texts".
pub(crate) fn shown(shown: usize, total: Total, what: &str, json: bool) {
    let shown = u64::try_from(shown).unwrap_or(u64::MAX);
    let Total { count, all } = total;
    if shown >= count {
        return;
    }
    let message = match all {
        true => format!(
            "Showing {} of {} {what}. --limit {count} shows all of them.",
            number(shown),
            number(count)
        ),
        false => format!(
            "Showing {} of at least {} {what}. --limit N shows more of them.",
            number(shown),
            number(count)
        ),
    };
    if json {
        let notice = serde_json::json!({"notice": {
            "message": message, "shown": shown, "total": count, "total_is_exact": all,
        }});
        return note(ascii(&notice.to_string()));
    }
    line("");
    line(message);
}

/// Makes the terminal empty, for what is shown again and again.
pub(crate) fn clear_screen() {
    print::raw("\u{1b}[H\u{1b}[2J");
}

/// Prints a record for people.
pub(crate) fn record(record: Record) {
    for line in record.into_lines() {
        print::painted(&line);
    }
}

/// Prints a script or a page, which holds nothing that a stranger wrote.
pub(crate) fn script(text: &str) {
    print::raw(text);
}

/// Prints words that say how good or bad something is, and what follows them.
pub(crate) fn verdict(words: &str, tone: Tone, rest: &str) {
    let words = cell::painted(&escape::in_line(words), tone);
    print::painted(&format!("{words}{}", escape::in_block(rest)));
}

/// Prints one value as indented JSON.
pub(crate) fn object<T: Serialize + ?Sized>(value: &T) {
    line(json(value));
}

/// Prints the result of a command that changes something: a JSON object, or a sentence.
pub(crate) fn result<T: Serialize>(value: &T, json: bool, sentence: impl fmt::Display) {
    if json {
        object(value);
    } else {
        line(sentence);
    }
}

/// One value as indented JSON.
pub(crate) fn json<T: Serialize + ?Sized>(value: &T) -> String {
    match serde_json::to_string_pretty(value) {
        Ok(json) => ascii(&json),
        // Only a map whose keys are not strings cannot be written. No command prints one.
        Err(error) => format!("{{\"error\": \"{error}\"}}"),
    }
}

/// The same JSON, in which a terminal has nothing to obey: characters that it would not show are
/// written as `\u….`
pub(crate) fn ascii(json: &str) -> String {
    escape::in_json(json)
}

/// Prints data for other programs, as it is. A terminal gets nothing that it would obey.
pub(crate) fn data(text: &str) {
    match terminal::is_stdout() {
        true => print::raw(&escape::in_block(text)),
        false => print::raw(text),
    }
}
