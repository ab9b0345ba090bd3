//! Finds the links in a post as X finds them: the rules of twitter-text, see
//! <https://github.com/twitter/twitter-text/blob/master/js/src/extractUrlsWithIndices.js> and the
//! expressions in `js/src/regexp/` there.

use std::ops::Range;

use super::{
    characters::{
        is_domain_character, is_latin_accent, is_path_character, is_path_end, is_query_character,
        is_query_end, may_come_before_link,
    },
    tlds::{longest_punycode, longest_tld},
};

/// X accepts no longer address, in UTF-16 units, with the length of the scheme counted twice.
const LINK_UNITS_MAX: usize = 4096;
/// The longest code of a `t.co` link.
const SHORT_LINK_CODE_MAX: usize = 40;
/// The longest label of a domain name in the form of the DNS.
const LABEL_MAX: usize = 63;
/// What separates labels for the DNS, see RFC 3490, section 3.1.
const LABEL_SEPARATORS: [char; 4] = ['.', '\u{3002}', '\u{FF0E}', '\u{FF61}'];

/// Returns the links in `text` in their order.
pub(super) fn find(text: &[char]) -> Vec<Range<usize>> {
    let mut links = Vec::new();
    let mut at = 0;
    // At the beginning, a link may come after the first character or be the first.
    while at <= text.len() {
        let after_character = text
            .get(at)
            .filter(|before| may_come_before_link(**before))
            .and_then(|before| Some((Some(*before), Candidate::read(text, at + 1)?)));
        let found = after_character.or_else(|| {
            let first = (at == 0).then(|| Candidate::read(text, 0));
            Some((None, first.flatten()?))
        });
        match found {
            Some((before, candidate)) => {
                candidate.links(text, before, &mut links);
                at = candidate.end;
            }
            None => at += 1,
        }
    }
    links
}

/// What has the form of a link.
struct Candidate {
    start: usize,
    has_scheme: bool,
    domain: Range<usize>,
    has_path: bool,
    end: usize,
}

impl Candidate {
    fn read(text: &[char], start: usize) -> Option<Self> {
        let scheme = scheme_length(&text[start..]);
        let domain_start = start + scheme;
        let domain = domain_start..domain_end(text, domain_start)?;
        let port_end = port_end(text, domain.end);
        let path_end = path_end(text, port_end);
        Some(Self {
            start,
            has_scheme: scheme > 0,
            domain,
            has_path: path_end > port_end,
            end: query_end(text, path_end),
        })
    }

    /// Adds the links to which X turns the candidate.
    fn links(&self, text: &[char], before: Option<char>, links: &mut Vec<Range<usize>>) {
        let domain = &text[self.domain.clone()];
        if !is_valid_domain(domain) || self.units(text) > LINK_UNITS_MAX {
            return;
        }
        if self.has_scheme {
            match short_link_end(text, self.start, self.end) {
                ShortLink::No => links.push(self.start..self.end),
                ShortLink::Until(end) => links.push(self.start..end),
                ShortLink::TooLong => {}
            }
            return;
        }
        if before.is_some_and(|before| "-_./".contains(before)) {
            return;
        }
        // Without a scheme, only the names in Latin script are links, and a path belongs to the last.
        let names = latin_names(domain);
        for (number, name) in names.iter().enumerate() {
            let last = number + 1 == names.len();
            let start = self.domain.start + name.start;
            let end = self.domain.start + name.end;
            links.push(start..if last && self.has_path { self.end } else { end });
        }
    }

    fn units(&self, text: &[char]) -> usize {
        let count = |text: &[char]| text.iter().map(|c| c.len_utf16()).sum::<usize>();
        let scheme = if self.has_scheme {
            count(&text[self.start..self.domain.start])
        } else {
            "https://".len()
        };
        scheme + count(&text[self.start..self.end])
    }
}

fn scheme_length(text: &[char]) -> usize {
    ["https://", "http://"]
        .into_iter()
        .find(|scheme| {
            text.len() >= scheme.len()
                && scheme
                    .chars()
                    .zip(text)
                    .all(|(a, b)| a.eq_ignore_ascii_case(b))
        })
        .map_or(0, str::len)
}

/// Returns the end of the longest domain name that begins at `start`: labels, and a top-level domain.
fn domain_end(text: &[char], start: usize) -> Option<usize> {
    let mut end = None;
    let mut label = start;
    while let Some(dot) = label_end(text, label) {
        let has_underscore = text[label..dot].contains(&'_');
        if !has_underscore && let Some(tld) = tld_length(&text[dot + 1..]) {
            end = Some(dot + 1 + tld);
        }
        label = dot + 1;
    }
    end
}

/// Returns the position of the dot after the label that begins at `start`.
fn label_end(text: &[char], start: usize) -> Option<usize> {
    let inner = |c: &char| is_domain_character(*c) || matches!(c, '-' | '_');
    let length = text[start..].iter().take_while(|c| inner(c)).count();
    let label = &text[start..start + length];
    let ends = [label.first()?, label.last()?];
    (ends.into_iter().all(|c| is_domain_character(*c)) && text.get(start + length) == Some(&'.'))
        .then_some(start + length)
}

fn tld_length(text: &[char]) -> Option<usize> {
    longest_tld(text).or_else(|| longest_punycode(text))
}

fn port_end(text: &[char], start: usize) -> usize {
    let Some((':', port)) = text[start..].split_first().map(|(c, port)| (*c, port)) else {
        return start;
    };
    match port.iter().take_while(|c| c.is_ascii_digit()).count() {
        0 => start,
        digits => start + 1 + digits,
    }
}

fn path_end(text: &[char], start: usize) -> usize {
    if text.get(start) != Some(&'/') {
        return start;
    }
    let mut at = start + 1;
    let mut end = at;
    while let Some(c) = text.get(at) {
        if is_path_character(*c) {
            at += 1;
            if is_path_end(*c) {
                end = at;
            }
        } else if let Some(closed) = brackets_end(text, at, 1) {
            at = closed;
            end = closed;
        } else {
            break;
        }
    }
    end
}

/// Returns the end of the brackets that begin at `start`. They hold something, and within them there
/// may be up to `nested` more.
fn brackets_end(text: &[char], start: usize, nested: usize) -> Option<usize> {
    let skip = |at: usize| {
        let rest = text.get(at..).unwrap_or_default();
        at + rest.iter().take_while(|c| is_path_character(**c)).count()
    };
    if text.get(start) != Some(&'(') {
        return None;
    }
    let words_end = skip(start + 1);
    if words_end > start + 1 && text.get(words_end) == Some(&')') {
        return Some(words_end + 1);
    }
    let inner_end = brackets_end(text, words_end, nested.checked_sub(1)?)?;
    let end = skip(inner_end);
    (text.get(end) == Some(&')')).then_some(end + 1)
}

fn query_end(text: &[char], start: usize) -> usize {
    if text.get(start) != Some(&'?') {
        return start;
    }
    let query = text[start + 1..]
        .iter()
        .take_while(|c| is_query_character(**c));
    let last = query.enumerate().filter(|(_, c)| is_query_end(**c)).last();
    last.map_or(start, |(place, _)| start + 1 + place + 1)
}

enum ShortLink {
    No,
    Until(usize),
    TooLong,
}

/// Returns where a `t.co` link ends: after its code and its query.
fn short_link_end(text: &[char], start: usize, end: usize) -> ShortLink {
    let link = &text[start..end];
    let rest = &link[scheme_length(link)..];
    let is_short = rest.len() > 5
        && "t.co/"
            .chars()
            .zip(rest)
            .all(|(a, b)| a.eq_ignore_ascii_case(b));
    let code = rest
        .iter()
        .skip(5)
        .take_while(|c| c.is_ascii_alphanumeric())
        .count();
    match code {
        _ if !is_short => ShortLink::No,
        0 => ShortLink::No,
        1..=SHORT_LINK_CODE_MAX => {
            let code_end = link.len() - rest.len() + 5 + code;
            ShortLink::Until(start + query_end(link, code_end))
        }
        _ => ShortLink::TooLong,
    }
}

/// Returns whether each label fits into the DNS.
fn is_valid_domain(domain: &[char]) -> bool {
    let is_punycode = domain.starts_with(&['x', 'n', '-', '-']);
    if is_punycode && latin_names(domain).is_empty() {
        return false;
    }
    domain
        .split(|c| *c == '.')
        .all(|label| (1..=LABEL_MAX).contains(&dns_length(label)))
}

fn dns_length(label: &[char]) -> usize {
    let parts = label.split(|c| LABEL_SEPARATORS.contains(c));
    let lengths = parts.map(|part| {
        if part.iter().all(char::is_ascii) {
            return part.len();
        }
        let part: String = part.iter().collect();
        // A part that cannot be encoded is longer than the encoder's numbers.
        idna::punycode::encode_str(&part).map_or(usize::MAX / 2, |code| "xn--".len() + code.len())
    });
    let lengths: Vec<usize> = lengths.collect();
    lengths.iter().sum::<usize>() + lengths.len() - 1
}

/// Returns the names in a domain that are written in Latin letters, digits and hyphens.
fn latin_names(domain: &[char]) -> Vec<Range<usize>> {
    let is_letter = |c: &char| c.is_ascii_alphanumeric() || *c == '-' || is_latin_accent(*c);
    let mut names = Vec::new();
    let mut start = 0;
    while start < domain.len() {
        let mut end = None;
        let mut label = start;
        loop {
            let length = domain[label..].iter().take_while(|c| is_letter(c)).count();
            let dot = label + length;
            if length == 0 || domain.get(dot) != Some(&'.') {
                break;
            }
            if let Some(tld) = tld_length(&domain[dot + 1..]) {
                end = Some(dot + 1 + tld);
            }
            label = dot + 1;
        }
        match end {
            Some(end) => {
                names.push(start..end);
                start = end;
            }
            None => start += 1,
        }
    }
    names
}
