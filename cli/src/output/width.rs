//! How many columns of a terminal a text takes.

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

/// The columns that a terminal needs for this line: 2 for most emoji and for Chinese, Japanese and
/// Korean characters, and 0 for combining marks.
pub(super) fn columns(text: &str) -> usize {
    text.graphemes(true).map(cluster_columns).sum()
}

/// The text, cut so that it takes at most `max` columns. A cut text ends in `…`.
pub(super) fn cut(text: &str, max: usize) -> String {
    if columns(text) <= max {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut used = 1;
    for cluster in text.graphemes(true) {
        used += cluster_columns(cluster);
        if used > max {
            break;
        }
        out.push_str(cluster);
    }
    if max > 0 {
        out.push('…');
    }
    out
}

/// The text in lines of at most `max` columns, broken at spaces. A word that is wider has a line of its
/// own, because it may be an address to copy. Without `max`, nothing is broken.
pub(super) fn wrap(text: &str, max: Option<usize>) -> Vec<String> {
    let Some(max) = max.filter(|max| columns(text) > *max) else {
        return vec![text.to_owned()];
    };
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let Some(line) = lines.last_mut() else { break };
        if line.is_empty() {
            line.push_str(word);
        } else if columns(line) + 1 + columns(word) <= max {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

/// The text, filled with spaces to `width` columns.
pub(super) fn pad(text: &str, width: usize) -> String {
    let missing = width.saturating_sub(columns(text));
    format!("{text}{}", " ".repeat(missing))
}

fn cluster_columns(cluster: &str) -> usize {
    // A cluster is drawn in one cell or in two, however many characters it has.
    cluster.width().min(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_counted_as_a_terminal_draws_them() {
        for (text, expected) in [
            ("abc", 3),
            ("", 0),
            ("日本", 4),
            ("한국", 4),
            ("é", 1),
            ("e\u{301}", 1),
            ("🐦", 2),
            ("👨‍👩‍👧", 2),
            ("ｆｕｌｌ", 8),
        ] {
            assert_eq!(columns(text), expected, "{text}");
        }
    }

    #[test]
    fn a_text_is_broken_at_spaces_and_a_long_word_is_whole() {
        for (text, max, expected) in [
            ("one two three", Some(8), vec!["one two", "three"]),
            ("one two", Some(7), vec!["one two"]),
            ("日本 日本", Some(5), vec!["日本", "日本"]),
            (
                "at https://x.com/demo now",
                Some(6),
                vec!["at", "https://x.com/demo", "now"],
            ),
            ("one two three", None, vec!["one two three"]),
            ("", Some(4), vec![""]),
        ] {
            assert_eq!(wrap(text, max), expected, "{text} in {max:?}");
        }
    }

    #[test]
    fn a_text_is_cut_between_characters_and_never_longer_than_asked() {
        for (text, max, expected) in [
            ("abcdef", 6, "abcdef"),
            ("abcdef", 5, "abcd…"),
            ("日本語", 5, "日本…"),
            ("日本語", 4, "日…"),
            ("👨‍👩‍👧👨‍👩‍👧", 3, "👨‍👩‍👧…"),
            ("abc", 1, "…"),
            ("abc", 0, ""),
        ] {
            assert_eq!(cut(text, max), expected, "{text} in {max}");
            assert!(columns(&cut(text, max)) <= max);
        }
    }
}
