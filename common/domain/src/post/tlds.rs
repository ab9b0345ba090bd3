//! The top-level domains that X knows.

use std::{collections::HashSet, sync::LazyLock};

/// Each name on a line of its own, written by `scripts/post-tables`.
static NAMES: LazyLock<HashSet<&str>> =
    LazyLock::new(|| include_str!("tlds.txt").lines().collect());
static LONGEST: LazyLock<usize> = LazyLock::new(|| {
    NAMES
        .iter()
        .map(|name| name.chars().count())
        .max()
        .unwrap_or(0)
});

/// Returns the length of the longest top-level domain with which `text` begins.
pub(super) fn longest_tld(text: &[char]) -> Option<usize> {
    // What may not follow a top-level domain: `(?=[^0-9a-zA-Z@+-]|$)`.
    let ends = |length: usize| {
        text.get(length)
            .is_none_or(|next| !(next.is_ascii_alphanumeric() || "@+-".contains(*next)))
    };
    let longest = text.len().min(*LONGEST);
    (1..=longest).rev().find(|length| {
        ends(*length) && {
            let name: String = text[..*length]
                .iter()
                .flat_map(|c| c.to_lowercase())
                .collect();
            NAMES.contains(name.as_str())
        }
    })
}

/// Returns the length of the `xn--` name with which `text` begins. X does not compare it with a list.
pub(super) fn longest_punycode(text: &[char]) -> Option<usize> {
    let prefix = "xn--".chars();
    let begins = text.len() > 4 && prefix.zip(text).all(|(a, b)| a.eq_ignore_ascii_case(b));
    let is_inner = |c: &&char| c.is_ascii_alphanumeric() || **c == '-';
    let rest = text.iter().skip(4).take_while(is_inner).count();
    (begins && rest > 0).then_some(4 + rest)
}
