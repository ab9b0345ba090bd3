//! The weight of a post, and the links in it, by regular expressions as twitter-text has them, see
//! <https://github.com/twitter/twitter-text/tree/master/js/src/regexp>. Nothing here comes from the
//! service: a mistake in its count must not be made here as well.

use std::{ops::Range, sync::LazyLock};

use regex::Regex;

const LINK: i32 = 23;
const EMOJI: i32 = 2;
const LINK_UNITS_MAX: usize = 4096;
const SHORT_LINK_CODE_MAX: usize = 40;
const LABEL_MAX: usize = 63;

/// Characters of domain names: no punctuation, no spaces, no marks of direction.
const DOMAIN: &str = r"[^!'#%&'()*+,\\\-./:;<=>?@\[\]\^_{|}~$\x09-\x0D \x85\xA0\u{1680}\u{180E}\u{2000}-\u{200A}\u{2028}\u{2029}\u{202F}\u{205F}\u{3000}\u{FFFE}\u{FEFF}\u{FFFF}\u{202A}-\u{202E}\u{61C}\u{200E}\u{200F}\u{2066}-\u{2069}]";
const LATIN: &str = r"\xC0-\xD6\xD8-\xF6\xF8-\u{24F}\u{253}\u{254}\u{256}\u{257}\u{259}\u{25B}\u{263}\u{268}\u{26F}\u{272}\u{289}\u{28B}\u{2BB}\u{300}-\u{36F}\u{1E00}-\u{1EFF}";
const QUERY: &str = r"\?[a-zA-Z0-9!?*'@();:&=+$/%#\[\]\-_.,~|]*[a-zA-Z0-9\-_&=#/]";

/// A scheme and a domain, at the beginning.
static HEAD: LazyLock<Regex> = LazyLock::new(|| {
    let label = |inner: &str| format!(r"(?:(?:{DOMAIN}(?:{inner}|{DOMAIN})*)?{DOMAIN}\.)");
    let (subdomain, name) = (label("[_-]"), label("-"));
    expression(&format!(
        "^(?<scheme>(?i:https?://))?(?<names>{subdomain}*{name}){}",
        tld()
    ))
});
/// A port, a path and a query, at the beginning.
static TAIL: LazyLock<Regex> = LazyLock::new(|| {
    let letters = format!(r"a-zA-Z\u{{400}}-\u{{4FF}}0-9{LATIN}");
    let general = format!(r"[{letters}!*';:=+,.$/%#\[\]\-\u{{2013}}_~@|&]");
    let inner = format!(r"{general}*\({general}+\){general}*");
    let brackets = format!(r"\((?:{general}+|{inner})\)");
    let ending = format!(r"(?:[+\-{letters}=_#/]|{brackets})");
    let path = format!("(?:{general}*(?:{brackets}{general}*)*{ending}|@{general}+/)");
    expression(&format!("^(?::[0-9]+)?(?<path>/{path}*)?(?:{QUERY})?"))
});
/// A name in Latin letters.
static LATIN_NAME: LazyLock<Regex> =
    LazyLock::new(|| expression(&format!(r"(?<names>(?:[\-a-zA-Z0-9{LATIN}]+\.)+){}", tld())));
static SHORT_LINK: LazyLock<Regex> = LazyLock::new(|| {
    expression(&format!(
        r"^(?i:https?://t\.co)/(?<code>[a-zA-Z0-9]+)(?:{QUERY})?"
    ))
});
/// An emoji at the beginning. Each well-formed sequence is one, whether it is in use or not.
static EMOJI_SEQUENCE: LazyLock<Regex> = LazyLock::new(|| {
    let one = r"[\p{Extended_Pictographic}&&[\u{1100}-\u{10FFFF}]](?:\u{FE0F}|\p{EMod})?";
    expression(&format!(
        r"^(?:\p{{RI}}\p{{RI}}|[#*0-9]\u{{FE0F}}?\u{{20E3}}|[©®]\u{{FE0F}}|\u{{1F3F4}}[\u{{E0020}}-\u{{E007E}}]+\u{{E007F}}|{one}(?:\u{{200D}}{one})*)"
    ))
});

/// A top-level domain. It is followed by none of `0-9a-zA-Z@+-`, unless it is a name as in the DNS.
fn tld() -> String {
    let mut names: Vec<&str> = include_str!("tlds.txt").lines().collect();
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    format!(
        r"(?:(?<tld>(?i:{}))(?:[^0-9a-zA-Z@+\-]|$)|(?<code_name>(?i:xn--[\-0-9a-z]+)))",
        names.join("|")
    )
}

#[expect(
    clippy::unwrap_used,
    reason = "the expressions are constant, and tests build them"
)]
fn expression(pattern: &str) -> Regex {
    regex::RegexBuilder::new(pattern)
        .size_limit(64 << 20)
        .build()
        .unwrap()
}

/// Returns the weight of a text in NFC that X compares with its limit, see
/// <https://docs.x.com/fundamentals/counting-characters>.
pub(super) fn weight(text: &str) -> i32 {
    let mut weight = 0;
    let mut done = 0;
    for link in links(text) {
        weight += weight_without_links(&text[done..link.start]) + LINK;
        done = link.end;
    }
    weight + weight_without_links(&text[done..])
}

fn weight_without_links(mut text: &str) -> i32 {
    let mut weight = 0;
    while let Some(first) = text.chars().next() {
        let (length, more) = match EMOJI_SEQUENCE.find(text) {
            Some(emoji) => (emoji.len(), EMOJI),
            None => (first.len_utf8(), character_weight(first)),
        };
        weight += more;
        text = &text[length..];
    }
    weight
}

fn character_weight(c: char) -> i32 {
    let light = [
        '\0'..='\u{10FF}',
        '\u{2000}'..='\u{200D}',
        '\u{2010}'..='\u{201F}',
        '\u{2032}'..='\u{2037}',
    ];
    if light.iter().any(|range| range.contains(&c)) {
        1
    } else {
        2
    }
}

/// Returns the positions in bytes of the links in a text.
pub(super) fn links(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    loop {
        let before = text[at..].chars().next();
        let after = before.filter(|c| {
            !c.is_ascii_alphanumeric()
                && !"@\u{FF20}$#\u{FF03}\u{FFFE}\u{FEFF}\u{FFFF}".contains(*c)
        });
        let end = after
            .and_then(|c| link(text, at + c.len_utf8(), Some(c), &mut found))
            .or_else(|| (at == 0).then(|| link(text, 0, None, &mut found)).flatten());
        match (end, before) {
            (Some(end), _) => at = end,
            (None, Some(c)) => at += c.len_utf8(),
            (None, None) => return found,
        }
    }
}

/// Reads what has the form of a link at `start`, adds the links in it, and returns its end.
fn link(
    text: &str,
    start: usize,
    before: Option<char>,
    found: &mut Vec<Range<usize>>,
) -> Option<usize> {
    let head = HEAD.captures(&text[start..])?;
    let names = head.name("names")?;
    let tld = head.name("tld").or_else(|| head.name("code_name"))?;
    let (domain_start, domain_end) = (start + names.start(), start + tld.end());
    let domain = &text[domain_start..domain_end];
    let tail = TAIL.captures(&text[domain_end..])?;
    let end = domain_end + tail.get_match().end();
    let link = &text[start..end];
    let scheme = head
        .name("scheme")
        .map_or("https://", |scheme| scheme.as_str());
    let names_in_latin = latin_names(domain);
    if !labels_fit(domain)
        || (domain.starts_with("xn--") && names_in_latin.is_empty())
        || scheme.len() + link.encode_utf16().count() > LINK_UNITS_MAX
    {
        return Some(end);
    }
    if head.name("scheme").is_some() {
        match SHORT_LINK.captures(link) {
            Some(short) if short["code"].len() > SHORT_LINK_CODE_MAX => {}
            Some(short) => found.push(start..start + short.get_match().end()),
            None => found.push(start..end),
        }
    } else if !before.is_some_and(|c| "-_./".contains(c)) {
        let count = names_in_latin.len();
        for (number, name) in names_in_latin.into_iter().enumerate() {
            let with_path = number + 1 == count && tail.name("path").is_some();
            let name_end = if with_path {
                end
            } else {
                domain_start + name.end
            };
            found.push(domain_start + name.start..name_end);
        }
    }
    Some(end)
}

fn latin_names(domain: &str) -> Vec<Range<usize>> {
    let mut names = Vec::new();
    let mut at = 0;
    while let Some(found) = LATIN_NAME.captures_at(domain, at) {
        let tld = found.name("tld").or_else(|| found.name("code_name"));
        let end = tld.map_or(domain.len(), |tld| tld.end());
        names.push(found.get_match().start()..end);
        at = end;
    }
    names
}

/// Returns whether each label has at most 63 characters in the form of the DNS.
fn labels_fit(domain: &str) -> bool {
    domain.split('.').all(|label| {
        let length = if label.is_ascii() {
            label.len()
        } else {
            idna::punycode::encode_str(label).map_or(usize::MAX, |code| code.len() + 4)
        };
        (1..=LABEL_MAX).contains(&length)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Texts and their weights, worked out by `scripts/weights` without any code of ours.
    const WEIGHTS: &str = include_str!("../../../common/domain/tests/weights.tsv");
    /// Sequences that are well-formed and not in use. X counts their parts.
    const UNUSED: [&str; 3] = [
        "\u{1F1E6}\u{1F1E6}",
        "\u{1F441}\u{200D}\u{1F5E8}",
        "\u{1F468}\u{200D}\u{1F431}",
    ];

    #[test]
    fn every_text_weighs_what_xs_configuration_says() {
        let mut wrong = Vec::new();
        for row in WEIGHTS.lines() {
            let (expected, text) = row.split_once('\t').expect("a weight and a text");
            let text: String = serde_json::from_str(text).expect("a text in JSON");
            let text: String = unicode_normalization::UnicodeNormalization::nfc(&*text).collect();
            if weight(&text).to_string() != expected && !UNUSED.contains(&text.as_str()) {
                wrong.push(format!("{row}: {}", weight(&text)));
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}
