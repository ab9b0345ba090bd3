//! Rows that are printed as they come, so that memory does not grow with their number, and what is
//! shown meanwhile.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

use super::{escape, print};

/// Rows of a JSON array or of a table.
pub(crate) struct Rows {
    json: bool,
    columns: Vec<String>,
    printed: u64,
}

impl Rows {
    /// Nothing is printed before the first row.
    pub(crate) fn begin(json: bool, columns: &[&str]) -> Self {
        let columns = columns.iter();
        Self {
            json,
            columns: columns.map(|name| name.to_uppercase()).collect(),
            printed: 0,
        }
    }

    /// Prints one row: the value, or its cells, which the caller has made equally wide.
    pub(crate) fn row<T: Serialize>(&mut self, value: &T, cells: &[String]) {
        let begins = self.printed == 0;
        self.printed += 1;
        if self.json {
            let json = serde_json::to_string(value).unwrap_or_default();
            print::raw(if begins { "[\n  " } else { ",\n  " });
            return print::raw(&escape::in_json(&json));
        }
        if begins {
            let heads = self.columns.iter().zip(cells);
            let heads: Vec<String> = heads
                .map(|(head, cell)| format!("{head:<width$}", width = cell.chars().count()))
                .collect();
            print::line(heads.join("  ").trim_end());
        }
        print::line(cells.join("  ").trim_end());
    }

    /// Ends the array. An empty table is not printed.
    pub(crate) fn end(self) {
        if self.json {
            print::raw(if self.printed == 0 { "[]\n" } else { "\n]\n" });
        }
    }
}

/// How many of many steps are done, as a bar on standard error, if that is a terminal.
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// An empty bar.
    pub(crate) fn begin(total: u64) -> Self {
        let style =
            ProgressStyle::with_template("{bar:30} {human_pos} of {human_len} ({percent}%) {msg}");
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
        if let Ok(style) = style {
            bar.set_style(style);
        }
        Self(bar)
    }

    /// An empty bar for this many bytes.
    pub(crate) fn of_bytes(total: u64) -> Self {
        let style = ProgressStyle::with_template("{bar:30} {bytes} of {total_bytes} {msg}");
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
        if let Ok(style) = style {
            bar.set_style(style);
        }
        Self(bar)
    }

    /// This many are done.
    pub(crate) fn at(&self, done: u64) {
        self.0.set_position(done);
    }

    /// This many of `total` steps are done. `words` say more.
    pub(crate) fn show(&self, done: u64, total: u64, words: String) {
        self.0.set_length(total.max(done));
        self.0.set_position(done);
        self.0.set_message(words);
    }

    /// Writes a line above the bar, on standard error.
    pub(crate) fn note(&self, text: &str) {
        self.0.suspend(|| print::note(text));
    }

    /// Takes the bar away.
    pub(crate) fn end(self) {
        self.0.finish_and_clear();
    }
}
