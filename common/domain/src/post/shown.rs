//! How a post is recognised on the timeline: X's rewriting, undone.
//!
//! X shows a post with each link replaced by a `t.co` link, with `&`, `<` and `>` escaped, and trimmed.
//! It says where a `t.co` link leads, and where it is in the text. Those positions are not used: they
//! may be missing or count something else than characters, and the `t.co` link itself tells where it
//! is. So the shown text becomes a pattern of words and links, and the pattern is compared with what
//! was sent. Nothing needs to know how X finds a link, or what a link touches.

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization as _;

use super::{
    address::{Address, address_like_ends},
    weighted_length,
};

/// A post as X's timeline shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimelinePost {
    /// X's id.
    pub id: String,
    /// The text with `t.co` links and HTML entities, as X returns it.
    pub text: String,
    /// `entities.urls`: each `t.co` link with the address that it leads to. Links that X does not
    /// explain are absent.
    pub urls: Vec<(String, String)>,
}

/// X cuts the text of a post with a larger weight, if the field with the whole text is not shown.
const UNCUT_WEIGHT_MAX: u32 = 280;
/// The beginning of a post that X cut must have at least this many characters to be recognised.
const CUT_CHARACTERS_MIN: usize = 100;

/// Returns whether `post` is what X made of `sent`.
///
/// A link is the same address with and without a scheme, a slash at its end, upper case in its host,
/// and the international or the `xn--` form of its host. White space is folded, because X trims it and
/// treats two texts that differ in white space only as duplicates. Otherwise every character counts.
#[must_use]
pub fn is_same(sent: &str, post: &TimelinePost) -> bool {
    let target = folded(sent.chars());
    let target = trimmed(&target);
    let readings = [Some(unescaped(&post.text)), proven_raw(&post.text)];
    readings.into_iter().flatten().any(|shown| {
        let pattern = Pattern::read(&shown, &post.urls);
        pattern.matches(target)
            || pattern.cut().is_some_and(|beginning| {
                weighted_length(sent) > UNCUT_WEIGHT_MAX && beginning.begins(target)
            })
    })
}

/// A shown text in parts.
struct Pattern(Vec<Part>);

enum Part {
    /// These characters, decomposed and with folded white space.
    Words(Vec<char>),
    /// A link to one of these addresses.
    Link(Vec<Address>),
    /// A link to this address or, since X does not say where it leads, to any other.
    Unexplained(Address),
}

impl Pattern {
    fn read(shown: &str, urls: &[(String, String)]) -> Self {
        let mut parts = Vec::new();
        let mut rest = shown;
        let mut words = 0;
        while let Some(next) = rest[words..].chars().next() {
            let Some((short, link)) = link_at(&rest[words..], urls) else {
                words += next.len_utf8();
                continue;
            };
            parts.push(Part::Words(folded(rest[..words].chars())));
            parts.push(link);
            rest = &rest[words + short..];
            words = 0;
        }
        parts.push(Part::Words(folded(rest.chars())));
        let mut pattern = Self(parts);
        pattern.trim();
        pattern
    }

    /// Removes the white space at both ends. A pattern begins and ends with words, which may be empty.
    fn trim(&mut self) {
        if let Some(Part::Words(words)) = self.0.first_mut()
            && words.first() == Some(&' ')
        {
            words.remove(0);
        }
        if let Some(Part::Words(words)) = self.0.last_mut()
            && words.last() == Some(&' ')
        {
            words.pop();
        }
    }

    /// Returns the pattern without the end that X puts after the beginning of a long post: an
    /// ellipsis, and sometimes a link to the post.
    fn cut(mut self) -> Option<Self> {
        if let [
            ..,
            Part::Words(words),
            Part::Link(_) | Part::Unexplained(_),
            Part::Words(last),
        ] = self.0.as_mut_slice()
            && last.is_empty()
        {
            while words.last() == Some(&' ') {
                words.pop();
            }
            let parts = self.0.len() - 2;
            self.0.truncate(parts);
        }
        let Some(Part::Words(words)) = self.0.last_mut() else {
            return None;
        };
        (words.pop() == Some('…')).then_some(())?;
        self.trim();
        Some(self)
    }

    fn matches(&self, target: &[char]) -> bool {
        self.ends(target).contains(&target.len())
    }

    fn begins(&self, target: &[char]) -> bool {
        self.ends(target)
            .last()
            .is_some_and(|end| *end >= CUT_CHARACTERS_MIN)
    }

    /// Returns every position at which the pattern can end, if it begins at the start of `target`.
    fn ends(&self, target: &[char]) -> BTreeSet<usize> {
        let mut ends = BTreeSet::from([0]);
        for part in &self.0 {
            ends = part.ends_from(target, &ends);
        }
        ends
    }
}

impl Part {
    /// Returns every position at which the part can end, if it begins at one of `starts`.
    fn ends_from(&self, target: &[char], starts: &BTreeSet<usize>) -> BTreeSet<usize> {
        let mut ends = BTreeSet::new();
        // Where a link of any address can end from one start, it can end from each earlier one of the
        // same run. So only the first start is asked.
        let mut run_end = 0;
        for start in starts.iter().copied() {
            match self {
                Self::Words(words) if target[start..].starts_with(words) => {
                    ends.insert(start + words.len());
                }
                Self::Words(_) => {}
                Self::Link(addresses) => {
                    let each = addresses.iter();
                    ends.extend(each.flat_map(|address| address.ends(target, start)));
                }
                Self::Unexplained(address) => {
                    ends.extend(address.ends(target, start));
                    if start >= run_end {
                        let like = address_like_ends(target, start);
                        run_end = like.last().copied().unwrap_or(start);
                        ends.extend(like);
                    }
                }
            }
        }
        ends
    }
}

/// Returns the link with which `text` begins, and its length in bytes.
fn link_at(text: &str, urls: &[(String, String)]) -> Option<(usize, Part)> {
    // The longest, because `https://t.co/a` may be the beginning of `https://t.co/ab`.
    let explained = urls
        .iter()
        .map(|(short, _)| short)
        .filter(|short| !short.is_empty() && text.starts_with(short.as_str()))
        .max_by_key(|short| short.len());
    let own = short_link_length(text);
    match (explained, own) {
        (Some(short), _) => {
            // X shows a `t.co` link that the person texted as it is, so it is an address itself.
            let targets = urls.iter().filter(|(url, _)| url == short);
            let mut addresses: Vec<Address> =
                targets.map(|(_, target)| Address::read(target)).collect();
            addresses.push(Address::read(short));
            Some((short.len(), Part::Link(addresses)))
        }
        (None, Some(length)) => Some((length, Part::Unexplained(Address::read(&text[..length])))),
        (None, None) => None,
    }
}

/// Returns the length in bytes of the `t.co` link with which `text` begins.
fn short_link_length(text: &str) -> Option<usize> {
    let code = ["https://t.co/", "http://t.co/"]
        .iter()
        .find_map(|start| text.strip_prefix(start))?;
    let rest = code.trim_start_matches(|c: char| c.is_ascii_alphanumeric());
    let mut code = &code[..code.len() - rest.len()];
    // The next link may touch this one.
    if rest.starts_with("://") {
        code = ["https", "http"]
            .iter()
            .find_map(|scheme| code.strip_suffix(scheme))
            .unwrap_or(code);
    }
    let start = text.find("t.co/")? + "t.co/".len();
    (!code.is_empty()).then_some(start + code.len())
}

/// Returns characters in the form in which they are compared: decomposed (NFD), so that a character
/// never merges with a link before it, with a single space for white space, and without control
/// characters.
fn folded(characters: impl Iterator<Item = char>) -> Vec<char> {
    let mut folded = Vec::new();
    for c in characters.nfd() {
        if !c.is_whitespace() {
            if !c.is_control() {
                folded.push(c);
            }
        } else if folded.last() != Some(&' ') {
            folded.push(' ');
        }
    }
    folded
}

fn trimmed(mut folded: &[char]) -> &[char] {
    while let [' ', rest @ ..] | [rest @ .., ' '] = folded {
        folded = rest;
    }
    folded
}

fn unescaped(text: &str) -> String {
    // `&amp;` last, so that `&amp;lt;` becomes `&lt;` and not `<`.
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
}

/// Returns the text unchanged if it holds a character that X would have escaped. X does not say which
/// fields are escaped.
fn proven_raw(text: &str) -> Option<String> {
    let escapes = ["&amp;", "&lt;", "&gt;"];
    let raw = text.char_indices().any(|(place, c)| match c {
        '<' | '>' => true,
        '&' => !escapes
            .iter()
            .any(|escape| text[place..].starts_with(escape)),
        _ => false,
    });
    raw.then(|| text.to_owned())
}

#[cfg(test)]
#[path = "shown_tests.rs"]
mod tests;
