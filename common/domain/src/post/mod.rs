//! The length of a post by X's own count, and how a post is recognised on the timeline.

mod address;
mod shown;

use thiserror::Error;
use twitter_text::extractor::Extractor;
use unicode_normalization::UnicodeNormalization as _;

pub use shown::{TimelinePost, is_same};

/// Why a text cannot be a post; X need not be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Unpostable {
    /// Nothing is left after trimming.
    #[error("empty")]
    Empty,
    /// The text is longer than X accepts, by this many weighted characters.
    #[error("too long by {over}")]
    TooLong {
        /// The number of weighted characters that have to go.
        over: u32,
    },
    /// The text holds characters that X refuses (U+FFFE, U+FEFF, U+FFFF).
    #[error("holds characters that X refuses")]
    InvalidCharacters,
}

/// Checks `text` against X's weighted count: URLs count 23, emoji 2, most scripts 1, CJK 2.
///
/// # Errors
///
/// The reason why it cannot be a post.
pub fn check(text: &str, weighted_length_max: u32) -> Result<(), Unpostable> {
    if text.trim().is_empty() {
        return Err(Unpostable::Empty);
    }
    if text
        .chars()
        .any(|c| matches!(c, '\u{FFFE}' | '\u{FEFF}' | '\u{FFFF}'))
    {
        return Err(Unpostable::InvalidCharacters);
    }
    match weighted_length(text).checked_sub(weighted_length_max) {
        None | Some(0) => Ok(()),
        Some(over) => Err(Unpostable::TooLong { over }),
    }
}

/// The length of `text` as X counts it.
#[must_use]
pub fn weighted_length(text: &str) -> u32 {
    let config = twitter_text_config::Configuration::default();
    let counted = with_protocols(&text.nfc().collect::<String>());
    u32::try_from(twitter_text::parse(&counted, &config, true).weighted_length).unwrap_or(0)
}

/// X counts a bare `example.com` as a URL, too: 23, whatever its length. The library (0.3.1) finds such
/// a URL but counts its letters, unless a protocol comes before it.
fn with_protocols(text: &str) -> String {
    let mut counted = String::with_capacity(text.len());
    let mut rest = text;
    for url in Extractor::new().extract_urls(text) {
        let Some(start) = rest.find(&url) else {
            continue;
        };
        counted.push_str(&rest[..start]);
        let bare = !url.to_ascii_lowercase().starts_with("http");
        counted.push_str(if bare { "https://" } else { "" });
        counted.push_str(&url);
        rest = &rest[start + url.len()..];
    }
    counted.push_str(rest);
    counted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_is_xs_weighted_count() {
        let a = |n: usize| "a".repeat(n);
        for (text, length) in [
            ("hello".to_owned(), 5),
            (a(280), 280),
            ("你好".to_owned(), 4),
            ("👍".to_owned(), 2),
            ("👨‍👩‍👧‍👦".to_owned(), 2),
            (
                "https://example.com/a/very/long/path/that/counts/as/twenty-three".to_owned(),
                23,
            ),
            ("see example.com".to_owned(), 27),
            (
                "example.com, https://example.com and example.com/b".to_owned(),
                23 * 3 + 7,
            ),
            ("3.14 is not a link".to_owned(), 18),
            ("cafe\u{301}".to_owned(), 4),
        ] {
            assert_eq!(weighted_length(&text), length, "{text}");
        }
    }

    #[test]
    fn what_x_would_refuse_is_refused_with_a_number() {
        let a = |n: usize| "a".repeat(n);
        for (text, expected) in [
            (a(280), Ok(())),
            (a(281), Err(Unpostable::TooLong { over: 1 })),
            ("你".repeat(150), Err(Unpostable::TooLong { over: 20 })),
            (format!("{} https://example.com/{}", a(256), a(200)), Ok(())),
            (" \n".to_owned(), Err(Unpostable::Empty)),
            ("a\u{FEFF}".to_owned(), Err(Unpostable::InvalidCharacters)),
        ] {
            assert_eq!(check(&text, 280), expected, "{text}");
        }
    }
}
