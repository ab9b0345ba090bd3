//! The length of a post by X's own count, and how a post is recognised on the timeline.

mod address;
mod characters;
mod links;
mod shown;
mod tlds;
mod weight;

use thiserror::Error;

use characters::is_refused;
pub use shown::{TimelinePost, is_same};
pub use weight::weighted_length;

/// Whether a post has a link: X charges more for one.
#[must_use]
pub fn has_link(text: &str) -> bool {
    let characters: Vec<char> = text.chars().collect();
    !links::find(&characters).is_empty()
}

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
    if text.chars().any(is_refused) {
        return Err(Unpostable::InvalidCharacters);
    }
    match weighted_length(text).checked_sub(weighted_length_max) {
        None | Some(0) => Ok(()),
        Some(over) => Err(Unpostable::TooLong { over }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
