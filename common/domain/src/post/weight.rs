//! The weight of a post by X's published configuration: version 3, see
//! <https://github.com/twitter/twitter-text/blob/master/config/v3.json> and
//! <https://docs.x.com/fundamentals/counting-characters>.

use std::{collections::HashSet, sync::LazyLock};

use unicode_normalization::UnicodeNormalization as _;

use super::links;

/// `transformedURLLength`: what a link weighs, whatever its length.
const LINK: u32 = 23;
/// What an emoji weighs, of however many characters it is made.
const EMOJI: u32 = 2;

/// The emoji of more than one character that twemoji knows, each on a line of its own, written by
/// `scripts/post-tables`. One character alone weighs the same whether it is an emoji or not.
static EMOJI_SEQUENCES: LazyLock<HashSet<&str>> =
    LazyLock::new(|| include_str!("emoji.txt").lines().collect());
static LONGEST_EMOJI: LazyLock<usize> = LazyLock::new(|| {
    let lengths = EMOJI_SEQUENCES.iter().map(|emoji| emoji.chars().count());
    lengths.max().unwrap_or(0)
});

/// The length of `text` as X counts it.
#[must_use]
pub fn weighted_length(text: &str) -> u32 {
    let text: Vec<char> = text.nfc().collect();
    let mut links = links::find(&text).into_iter().peekable();
    let mut weight = 0;
    let mut at = 0;
    while at < text.len() {
        if let Some(link) = links.next_if(|link| link.start == at) {
            weight += LINK;
            at = link.end;
        } else if let Some(length) = longest_emoji(&text[at..]) {
            weight += EMOJI;
            at += length;
        } else {
            weight += character_weight(text[at]);
            at += 1;
        }
        while links.next_if(|link| link.start < at).is_some() {}
    }
    weight
}

/// `ranges` and `defaultWeight`, divided by `scale`.
fn character_weight(c: char) -> u32 {
    match u32::from(c) {
        0..=4351 | 8192..=8205 | 8208..=8223 | 8242..=8247 => 1,
        _ => 2,
    }
}

/// Returns the length of the longest emoji of several characters with which `text` begins.
fn longest_emoji(text: &[char]) -> Option<usize> {
    // Every sequence goes on with one of these, so that most texts are not looked up.
    text.get(1).filter(|second| {
        matches!(**second, '\u{200D}' | '\u{20E3}' | '\u{FE0F}' | '\u{1F1E6}'..='\u{1F1FF}' | '\u{1F3FB}'..='\u{1F3FF}' | '\u{E0067}')
    })?;
    let longest = text.len().min(*LONGEST_EMOJI);
    (2..=longest).rev().find(|length| {
        let sequence: String = text[..*length].iter().collect();
        EMOJI_SEQUENCES.contains(sequence.as_str())
    })
}

#[cfg(test)]
#[path = "weight_tests.rs"]
mod tests;
