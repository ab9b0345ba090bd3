//! What a check found.

use birdcall_domain::{call::Trouble, tone::Tone};
use serde::Serialize;

use crate::output;

/// What a check found.
pub(super) enum Finding {
    /// What is in order.
    Ok(String),
    /// What is wrong, and what to do.
    Wrong(String),
    /// Why nothing can be said.
    Skipped(String),
}

/// A check and what it found, as JSON shows it.
#[derive(Serialize)]
pub(super) struct Check {
    check: &'static str,
    /// `ok`, `wrong` or `skipped`.
    status: &'static str,
    message: String,
}

impl Check {
    pub(super) fn new(check: &'static str, finding: Finding) -> Self {
        let (status, message) = match finding {
            Finding::Ok(message) => ("ok", message),
            Finding::Wrong(message) => ("wrong", message),
            Finding::Skipped(message) => ("skipped", message),
        };
        Self {
            check,
            status,
            message,
        }
    }

    pub(super) fn is_wrong(&self) -> bool {
        self.status == "wrong"
    }

    /// Prints one line for people.
    pub(super) fn print(&self) {
        let (verdict, tone) = match self.status {
            "ok" => ("ok   ", Tone::Good),
            "wrong" => ("WRONG", Tone::Bad),
            _ => ("SKIP ", Tone::Quiet),
        };
        let rest = format!(" {}: {}", self.check, self.message);
        output::verdict(verdict, tone, &rest);
    }
}

/// That nothing answers at `url`, as the beginning of a sentence.
pub(super) fn unreachable(url: &str, trouble: Trouble) -> String {
    match trouble {
        Trouble::Connect => format!("no connection could be made to {url}"),
        Trouble::Timeout => format!("{url} did not answer in time"),
        trouble => format!("{url} gave no answer ({trouble})"),
    }
}
