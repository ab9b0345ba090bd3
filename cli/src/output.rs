//! How commands print: lines, tables and JSON.

use std::{fmt, io::Write as _};

use serde::Serialize;

/// Prints one line. It is not an error if the reader has gone away, as in `birdcall texts list |
/// head`.
pub(crate) fn line(text: impl fmt::Display) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// Prints rows as one JSON array, or as a table. `cells` returns one cell for each of `columns`.
pub(crate) fn list<T: Serialize>(
    rows: &[T],
    json: bool,
    columns: &[&str],
    cells: impl Fn(&T) -> Vec<String>,
) {
    if json {
        return object(&rows);
    }
    let mut table: Vec<Vec<String>> =
        vec![columns.iter().map(|name| name.to_uppercase()).collect()];
    table.extend(rows.iter().map(cells));
    let widths: Vec<usize> = (0..columns.len())
        .map(|column| {
            table
                .iter()
                .map(|row| row[column].chars().count())
                .max()
                .unwrap_or(0)
        })
        .collect();
    for row in table {
        let padded: Vec<String> = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        line(padded.join("  ").trim_end());
    }
}

/// Prints one value as indented JSON.
pub(crate) fn object<T: Serialize + ?Sized>(value: &T) {
    match serde_json::to_string_pretty(value) {
        Ok(json) => line(json),
        Err(error) => line(format!("{{\"error\": \"{error}\"}}")),
    }
}

/// Prints one record as JSON, or with one line for each field.
pub(crate) fn show<T: Serialize>(value: &T, json: bool) {
    if json {
        return object(value);
    }
    let Ok(serde_json::Value::Object(fields)) = serde_json::to_value(value) else {
        return;
    };
    for (name, value) in fields {
        match value {
            serde_json::Value::Null => line(format!("{name:<16} -")),
            serde_json::Value::String(text) => line(format!("{name:<16} {text}")),
            serde_json::Value::Array(rows) if rows.is_empty() => line(format!("{name:<16} none")),
            serde_json::Value::Array(rows) => {
                line(format!("{name}:"));
                rows.iter().for_each(|row| line(format!("    {row}")));
            }
            other => line(format!("{name:<16} {other}")),
        }
    }
}

/// The first line of a text, cut so that it fits into a table.
pub(crate) fn short(text: &str) -> String {
    const CHARACTERS_MAX: usize = 40;
    let first = text.lines().next().unwrap_or_default();
    match first.char_indices().nth(CHARACTERS_MAX) {
        Some((end, _)) => format!("{}...", &first[..end]),
        None => first.to_owned(),
    }
}
