//! What a stranger wrote, so that a terminal shows it and obeys none of it.

use std::fmt::Write as _;

use birdcall_domain::visible::is_ignorable;
use unicode_segmentation::UnicodeSegmentation as _;

/// Joins emoji into one picture, such as a family.
const ZERO_WIDTH_JOINER: char = '\u{200d}';
/// Asks for the coloured picture of the character before it.
const EMOJI_PRESENTATION: char = '\u{fe0f}';
/// Draws a key around the character before it, as in 1️⃣.
const KEYCAP: char = '\u{20e3}';

/// Text for a table: one line, in which everything that a terminal would obey or not show is
/// written as in `\n` and `\u{202e}`.
pub(super) fn in_line(text: &str) -> String {
    escaped(text, false)
}

/// Text with its line breaks, in which everything else that a terminal would obey or not show is
/// written as in `\u{202e}`.
pub(super) fn in_block(text: &str) -> String {
    escaped(text, true)
}

/// JSON with the same value. Hidden characters can occur only in strings, where JSON allows
/// `\uXXXX` for each of them.
pub(super) fn in_json(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if is_hidden(c) && c != '\n' {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    out
}

fn escaped(text: &str, keeps_lines: bool) -> String {
    if !text.chars().any(is_hidden) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for cluster in text.graphemes(true) {
        for (at, c) in cluster.char_indices() {
            match c {
                '\n' if keeps_lines => out.push('\n'),
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '\t' => out.push_str("\\t"),
                c if is_hidden(c) && !is_part_of_emoji(cluster, at, c) => {
                    let _ = write!(out, "{}", c.escape_unicode());
                }
                c => out.push(c),
            }
        }
    }
    out
}

/// Whether a terminal would obey this character or show nothing for it: what Unicode ignores, and the
/// separators of lines and paragraphs.
fn is_hidden(c: char) -> bool {
    is_ignorable(c) || matches!(c, '\u{2028}' | '\u{2029}')
}

/// Whether the hidden character at `at` only shapes the emoji that it is part of, as in 👩‍🚀, ❤️ and
/// 1️⃣.
fn is_part_of_emoji(cluster: &str, at: usize, c: char) -> bool {
    let (before, after) = (&cluster[..at], &cluster[at + c.len_utf8()..]);
    match c {
        ZERO_WIDTH_JOINER => joins(before, "\u{1f680}") && joins("\u{1f680}", after),
        EMOJI_PRESENTATION => joins(before, "\u{1f680}") || after.starts_with(KEYCAP),
        _ => false,
    }
}

/// Whether a joiner makes one picture of these two. Unicode's rule GB11 says so of emoji alone.
fn joins(left: &str, right: &str) -> bool {
    let starts_visibly = right.chars().next().is_some_and(|c| !is_hidden(c));
    let joined = format!("{left}{ZERO_WIDTH_JOINER}{right}");
    !left.is_empty() && starts_visibly && joined.graphemes(true).count() == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_or_hide_is_written_out() {
        for (text, shown) in [
            ("plain", "plain"),
            ("\u{1b}[2J\u{7}", "\\u{1b}[2J\\u{7}"),
            ("\u{1b}]0;title\u{1b}\\", "\\u{1b}]0;title\\u{1b}\\"),
            ("\u{0}\u{8}\u{7f}", "\\u{0}\\u{8}\\u{7f}"),
            ("\u{9b}31m\u{85}", "\\u{9b}31m\\u{85}"),
            ("a\r\nb\tc", "a\\r\\nb\\tc"),
            ("abc\u{202e}txt.exe", "abc\\u{202e}txt.exe"),
            (
                "\u{2066}x\u{2069}\u{200f}\u{61c}",
                "\\u{2066}x\\u{2069}\\u{200f}\\u{61c}",
            ),
            (
                "pay\u{200b}pal\u{2060}\u{feff}",
                "pay\\u{200b}pal\\u{2060}\\u{feff}",
            ),
            ("a\u{200d}b\u{200c}c", "a\\u{200d}b\\u{200c}c"),
            ("\u{2028}\u{2029}", "\\u{2028}\\u{2029}"),
            (
                "hi\u{e0041}\u{fe0f}\u{3164}",
                "hi\\u{e0041}\\u{fe0f}\\u{3164}",
            ),
            // What shapes an emoji is shown by the emoji.
            ("👩‍🚀 👨‍👩‍👧 🏳️‍🌈 ❤️ 1️⃣ 👍🏽", "👩‍🚀 👨‍👩‍👧 🏳️‍🌈 ❤️ 1️⃣ 👍🏽"),
            ("👩\u{200d}", "👩\\u{200d}"),
            ("क्‍ष", "क्\\u{200d}ष"),
            ("日本語 Grüße é", "日本語 Grüße é"),
        ] {
            assert_eq!(in_line(text), shown, "{text:?}");
        }
        assert_eq!(in_block("a\nb\u{1b}\tc\r"), "a\nb\\u{1b}\\tc\\r");
    }

    #[test]
    fn json_keeps_its_value_and_shows_every_character() {
        let value = "\u{1b}\u{9b}\u{202e}\u{200b}\u{e0041}\u{7f}👩‍🚀\n";
        let json = serde_json::to_string_pretty(&[value]).unwrap();
        let escaped = in_json(&json);
        assert!(
            escaped.chars().all(|c| c == '\n' || !is_hidden(c)),
            "{escaped}"
        );
        let read: Vec<String> = serde_json::from_str(&escaped).unwrap();
        assert_eq!(read, [value]);
    }
}
