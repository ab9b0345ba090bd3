//! The text of a post: its weighted length, its short links and its escapes.

use std::sync::LazyLock;

use regex::Regex;
use unicode_normalization::UnicodeNormalization as _;

use super::{
    model::PostUrl,
    weight::{links, weight},
};

/// X shows at most this many characters of a link, not counting the scheme.
const DISPLAY_URL_CHARACTERS_MAX: usize = 26;

/// A cashtag after a space, and what follows it.
#[expect(
    clippy::unwrap_used,
    reason = "the expression is constant, and a test builds it"
)]
static CASHTAG: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:^|\s)(?<tag>\$[a-zA-Z]{1,6}(?:[._][a-zA-Z]{1,2})?)(?:$|\s|[[:punct:]])")
        .unwrap()
});

/// Returns the weighted length that X compares with its limit.
pub(super) fn weighted_length(text: &str) -> i32 {
    weight(&text.nfc().collect::<String>())
}

/// Returns whether a text contains characters that X refuses.
pub(super) fn has_invalid_characters(text: &str) -> bool {
    text.contains(['\u{FFFE}', '\u{FEFF}', '\u{FFFF}'])
}

/// Returns the number of cashtags in a text.
pub(super) fn cashtags(text: &str) -> usize {
    let mut count = 0;
    let mut at = 0;
    while let Some(tag) = CASHTAG
        .captures_at(text, at)
        .and_then(|found| found.name("tag"))
    {
        count += 1;
        at = tag.end();
    }
    count
}

/// Returns the text as X shows it, with its links. `short` makes a new short link for each. X keeps
/// the short links that it made before.
pub(super) fn shown(text: &str, mut short: impl FnMut() -> String) -> (String, Vec<PostUrl>) {
    let text: String = text.trim().nfc().collect();
    let mut shown = String::with_capacity(text.len());
    let mut urls = Vec::new();
    let mut done = 0;
    for link in links(&text) {
        shown.push_str(&escape(&text[done..link.start]));
        let texted = &text[link.start..link.end];
        done = link.end;
        let (url, target) = match short_code(texted) {
            Some(code) => (
                format!("https://t.co/{code}"),
                format!("https://example.com/behind/{code}"),
            ),
            None => (short(), expanded(texted)),
        };
        let first = shown.chars().count();
        shown.push_str(&url);
        urls.push(PostUrl {
            start: first,
            end: first + url.chars().count(),
            url,
            display_url: display(&target),
            expanded_url: target,
        });
    }
    shown.push_str(&escape(&text[done..]));
    (shown, urls)
}

/// Returns the code of a short link of X.
fn short_code(link: &str) -> Option<&str> {
    let bare = link.split_once("://").map_or(link, |(_, bare)| bare);
    let code = bare.strip_prefix("t.co/")?;
    (!code.is_empty() && code.chars().all(|c| c.is_ascii_alphanumeric())).then_some(code)
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
            "é 👩‍👩‍👧 a<b & https://example.com/x?y=1&z=2, (example.org)! ",
            || {
                number += 1;
                format!("https://t.co/{number}")
            },
        );
        assert_eq!(shown, "é 👩‍👩‍👧 a&lt;b &amp; https://t.co/1, (https://t.co/2)!");
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
    fn a_short_link_of_x_stays() {
        let (shown, urls) = shown("my (https://t.co/abc)", String::new);
        assert_eq!(shown, "my (https://t.co/abc)");
        assert_eq!(urls[0].expanded_url, "https://example.com/behind/abc");
    }

    #[test]
    fn cashtags_are_counted() {
        for (text, count) in [
            ("$TEST $Stock   $symbol", 3),
            ("$TEST.T, $Stock_X", 2),
            ("$123 $test123", 0),
            ("OK$NG $", 0),
            ("$TOOLONGX", 0),
        ] {
            assert_eq!(cashtags(text), count, "{text}");
        }
    }
}
