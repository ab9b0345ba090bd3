//! The span that a list shows, and where its next page begins, as its address says it.

use std::time::Duration;

use birdcall_domain::clock::Timestamp;

pub(super) const DAY: Duration = Duration::from_secs(24 * 3600);

/// The spans that a list offers: as the address says it, in words, and in seconds.
const SPANS: [(&str, &str, u64); 5] = [
    ("", "any time", 0),
    ("1h", "the last hour", 3600),
    ("24h", "the last 24 hours", 24 * 3600),
    ("7d", "the last 7 days", 7 * 24 * 3600),
    ("30d", "the last 30 days", 30 * 24 * 3600),
];

pub(super) fn choices() -> [(String, String); 5] {
    SPANS.map(|(value, words, _)| (value.to_owned(), words.to_owned()))
}

/// When the span begins.
pub(super) fn beginning(word: &str, now: Timestamp) -> Timestamp {
    let span = SPANS.iter().find(|(value, ..)| *value == word);
    match span.map_or(0, |(.., seconds)| *seconds) {
        0 => Timestamp(0),
        seconds => now - Duration::from_secs(seconds),
    }
}

/// The last row of a page, as the address of the next page says it.
pub(super) fn older(at: Timestamp, id: &str) -> String {
    format!("{}.{id}", at.0)
}

/// Reads [`older`]. What it did not write is the beginning of the list.
pub(super) fn read_older(words: &str) -> Option<(Timestamp, String)> {
    let (at, id) = words.split_once('.')?;
    Some((Timestamp(at.parse().ok()?), id.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_begins_after_the_last_row_of_the_one_before() {
        let at = Timestamp(1_795_366_805_120);
        for id in ["SM1:final:2", "a.b", ""] {
            assert_eq!(read_older(&older(at, id)), Some((at, id.to_owned())));
        }
        for words in ["", "x.y", "12", "."] {
            assert_eq!(read_older(words), None, "{words}");
        }
    }

    #[test]
    fn a_span_that_is_not_offered_is_any_time() {
        let now = Timestamp::from_secs(1_795_366_805);
        assert_eq!(beginning("24h", now), now - DAY);
        for word in ["", "2h", "x"] {
            assert_eq!(beginning(word, now), Timestamp(0));
        }
    }
}
