//! The text of a post: its weighted length, its short links and its escapes.

use std::mem::size_of_val;

use twitter_text::{
    entity::Type,
    extractor::{Extract as _, Extractor},
};

use super::model::PostUrl;

/// X shows at most this many characters of a link, not counting the scheme.
const DISPLAY_URL_CHARACTERS_MAX: usize = 26;

/// Returns the weighted length that X compares with its limit, see
/// <https://docs.x.com/fundamentals/counting-characters>.
pub(super) fn weighted_length(text: &str) -> i32 {
    twitter_text::parse(text, &Default::default(), true).weighted_length
}

/// Returns whether a text contains characters that X refuses.
pub(super) fn has_invalid_characters(text: &str) -> bool {
    text.contains(['\u{FFFE}', '\u{FEFF}', '\u{FFFF}'])
}

/// Returns the number of cashtags in a text.
pub(super) fn cashtags(text: &str) -> usize {
    Extractor::new().extract_cashtags(text).len()
}

/// Returns the text as X shows it, with its links. `short` makes a new short link for each.
pub(super) fn shown(text: &str, mut short: impl FnMut() -> String) -> (String, Vec<PostUrl>) {
    let entities = Extractor::new().extract_urls_with_indices(text);
    let mut shown = String::with_capacity(text.len());
    let mut urls = Vec::new();
    let mut done = 0;
    for entity in entities.iter().filter(|entity| entity.t == Type::URL) {
        // The crate counts in UTF-16 units, but its slice tells the position in bytes.
        let Some(start) = offset_in(text, entity.value).filter(|start| *start >= done) else {
            continue;
        };
        shown.push_str(&escape(&text[done..start]));
        done = start + entity.value.len();
        let url = short();
        let first = shown.chars().count();
        shown.push_str(&url);
        urls.push(PostUrl {
            start: first,
            end: first + url.chars().count(),
            url,
            expanded_url: expanded(entity.value),
            display_url: display(entity.value),
        });
    }
    shown.push_str(&escape(&text[done..]));
    (shown, urls)
}

/// Returns the position in bytes of `part`, which is a slice of `whole`.
fn offset_in(whole: &str, part: &str) -> Option<usize> {
    let start = (part.as_ptr() as usize).checked_sub(whole.as_ptr() as usize)?;
    (start + part.len() <= size_of_val(whole)).then_some(start)
}

fn expanded(url: &str) -> String {
    let lower = url.to_ascii_lowercase();
    if lower.starts_with("http://") || lower.starts_with("https://") {
        url.to_owned()
    } else {
        format!("http://{url}")
    }
}

fn display(url: &str) -> String {
    let bare = url.split_once("://").map_or(url, |(_, rest)| rest);
    let bare = bare.strip_prefix("www.").unwrap_or(bare);
    if bare.chars().count() <= DISPLAY_URL_CHARACTERS_MAX {
        return bare.to_owned();
    }
    let start: String = bare.chars().take(DISPLAY_URL_CHARACTERS_MAX).collect();
    format!("{start}…")
}

/// Escapes the three characters that X escapes in texts.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_shortened_and_markup_is_escaped() {
        let mut number = 0;
        let (shown, urls) = shown(
            "é 👩‍👩‍👧 a<b & https://example.com/x?y=1&z=2, example.org!",
            || {
                number += 1;
                format!("https://t.co/{number}")
            },
        );
        assert_eq!(shown, "é 👩‍👩‍👧 a&lt;b &amp; https://t.co/1, https://t.co/2!");
        let cut = |url: &PostUrl| -> String {
            shown
                .chars()
                .skip(url.start)
                .take(url.end - url.start)
                .collect()
        };
        assert_eq!(
            urls.iter().map(cut).collect::<Vec<_>>(),
            ["https://t.co/1", "https://t.co/2"]
        );
        assert_eq!(urls[0].expanded_url, "https://example.com/x?y=1&z=2");
        assert_eq!(urls[1].expanded_url, "http://example.org");
    }

    #[test]
    fn a_link_counts_23_and_an_emoji_2() {
        assert_eq!(
            weighted_length("https://example.com/a/very/long/path/that/goes/on"),
            23
        );
        assert_eq!(weighted_length("👩‍👩‍👧"), 2);
        assert_eq!(weighted_length("日本"), 4);
    }
}
