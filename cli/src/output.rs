//! What commands print, and how they fail.

use std::{fmt, io::Write as _, process::ExitCode};

use birdcall_common::config::{ConfigError, EXIT_CONFIG};
use birdcall_ledger::{LedgerError, schema::SchemaError};
use serde::Serialize;

/// Why a command did not do it.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Refused or failed.
    Refused(String),
    /// What was asked for is malformed.
    Usage(String),
    /// Settings.
    Config(ConfigError),
}

impl Failure {
    /// A word that is none of the known ones.
    pub(crate) fn unknown(what: &str, word: &str, known: &[impl fmt::Display]) -> Self {
        let known: Vec<String> = known.iter().map(ToString::to_string).collect();
        Self::Usage(format!(
            "'{word}' is not {what}. Choose one of: {}",
            known.join(", ")
        ))
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Refused(_) => ExitCode::FAILURE,
            Self::Usage(_) => ExitCode::from(2),
            Self::Config(_) => ExitCode::from(EXIT_CONFIG),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(why) | Self::Usage(why) => f.write_str(why),
            Self::Config(problems) => problems.fmt(f),
        }
    }
}

impl From<LedgerError> for Failure {
    fn from(error: LedgerError) -> Self {
        Self::Refused(error.to_string())
    }
}

impl From<SchemaError> for Failure {
    fn from(error: SchemaError) -> Self {
        Self::Refused(error.to_string())
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::Config(error)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::Refused(error.to_string())
    }
}

/// Prints one line. A reader that has gone away (`| head`) is no failure.
pub(crate) fn line(text: impl fmt::Display) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// Prints rows as one JSON array, or as a table with `columns`.
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

/// Prints one JSON value.
pub(crate) fn object<T: Serialize + ?Sized>(value: &T) {
    match serde_json::to_string_pretty(value) {
        Ok(json) => line(json),
        Err(error) => line(format!("{{\"error\": \"{error}\"}}")),
    }
}

/// Prints one record: JSON, or a line a field.
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

/// The first line of a text, cut to fit a table.
pub(crate) fn short(text: &str) -> String {
    const SHOWN: usize = 40;
    let first = text.lines().next().unwrap_or_default();
    match first.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}...", &first[..end]),
        None => first.to_owned(),
    }
}
