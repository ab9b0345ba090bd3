//! Rows that are printed as they come, so that memory does not grow with their number, and what is
//! shown meanwhile.

use std::io::Write as _;

use serde::Serialize;

use super::{escape, print};
use crate::terminal;
use birdcall_domain::wording::number;

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

/// How many of many steps are done, on a terminal.
pub(crate) struct Progress {
    total: u64,
    done: u64,
    shown: bool,
}

/// The line is written again after this many steps.
const STEPS: u64 = 50;

impl Progress {
    /// Shows progress if `wanted` and if standard error is a terminal.
    pub(crate) fn begin(total: u64, wanted: bool) -> Self {
        Self {
            total,
            done: 0,
            shown: wanted && terminal::shows_progress(),
        }
    }

    /// One step is done.
    pub(crate) fn step(&mut self) {
        self.done += 1;
        if self.shown && (self.done.is_multiple_of(STEPS) || self.done == self.total) {
            let (done, total) = (number(self.done), number(self.total));
            let percent = self.done.saturating_mul(100) / self.total.max(1);
            let _ = write!(std::io::stderr(), "\r{done} of {total} ({percent}%)");
        }
    }

    /// Ends the line.
    pub(crate) fn end(self) {
        if self.shown && self.done > 0 {
            let _ = writeln!(std::io::stderr());
        }
    }
}
