//! What happened to a text, from the webhook to the delivery report, and what happens next: the time
//! line that the command and the console show.

mod entry;
mod next;
mod past;
#[cfg(test)]
mod tests;

pub use entry::{AttemptFacts, DeedFacts, Entry, History, JobFacts, ReplyFacts, TextFacts, What};

use crate::clock::Timestamp;

/// The time line of a text, in the order of time. What has no time comes last: it waits for somebody.
#[must_use]
pub fn time_line(history: &History<'_>, now: Timestamp) -> Vec<Entry> {
    let mut entries = past::entries(history);
    entries.extend(next::entries(history, now));
    let received = history.text.progress.received_at;
    // Jobs are kept by the second. What a job did came before its end, and nothing before the text.
    let at = |entry: &Entry| {
        let at = entry.at.unwrap_or(Timestamp(i64::MAX)).max(received);
        match entry.what {
            What::Job => (at.0.saturating_add(999), 1),
            _ => (at.0, 0),
        }
    };
    entries.sort_by_key(at);
    entries
}
