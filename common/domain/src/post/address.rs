//! The address of a link, in any of the forms in which a person may text it.

use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};
use url::Host;

/// X accepts no longer address, see `MAX_URL_LENGTH` in
/// <https://github.com/twitter/twitter-text/blob/master/js/src/extractUrlsWithIndices.js>.
const ADDRESS_CHARACTERS_MAX: usize = 4096;
/// X answers to several names, and shows a link to one as a link to another.
const X_HOSTS: [&str; 6] = [
    "twitter.com",
    "www.twitter.com",
    "mobile.twitter.com",
    "x.com",
    "www.x.com",
    "mobile.x.com",
];
/// The longest of these names.
const X_HOST_MAX: usize = "mobile.twitter.com".len();
/// A character is decomposed into at most this many.
const DECOMPOSED_MAX: usize = 4;
/// Characters that mean something else if they are escaped, so that their escapes stay.
const RESERVED: &str = "/?#%&=+";

/// The address of a link without its scheme, because X adds one.
#[derive(Clone, Debug)]
pub(super) struct Address {
    /// The host in the form of the DNS: lower case, with `xn--`.
    host: String,
    port: Vec<char>,
    /// What follows the host, without the slash before and after it, decomposed and without needless
    /// escapes.
    rest: Vec<char>,
}

impl Address {
    pub(super) fn read(address: &str) -> Self {
        let characters: Vec<char> = address.trim().nfd().collect();
        let start = scheme_length(&characters);
        let host_end = host_end(&characters, start);
        let port_end = port_end(&characters, host_end);
        let mut rest: Vec<char> = decoded(&characters[port_end..])
            .into_iter()
            .map(|(c, _)| c)
            .collect();
        if rest.first() == Some(&'/') {
            rest.remove(0);
        }
        if let [.., before, '/'] = rest[..]
            && before != '/'
        {
            rest.pop();
        }
        Self {
            host: host_name(&characters[start..host_end]),
            port: characters[host_end..port_end].to_vec(),
            rest,
        }
    }

    /// Returns every position in `text` at which this address can end, if it begins at `start`. The
    /// text is decomposed (NFD).
    pub(super) fn ends(&self, text: &[char], start: usize) -> Vec<usize> {
        let text = &text[start..];
        let host_start = scheme_length(text);
        // A text may have a place for a host at each of its characters, so the host is looked for
        // before anything that is as long as the text.
        let longest = (host_start + self.host_characters_max()).min(ADDRESS_CHARACTERS_MAX);
        let may_be_host = &text[..longest.min(text.len())];
        let host_end = host_end(may_be_host, host_start);
        let mut ends = Vec::new();
        // What follows the host without a space may belong to the words after the link.
        for end in host_start + 1..=host_end {
            if !self.is_host(&text[host_start..end]) {
                continue;
            }
            let run = run(text);
            if run[end..].starts_with(&self.port) {
                let end = end + self.port.len();
                let rest_ends = self.rest_ends(&run[end..]);
                ends.extend(rest_ends.into_iter().map(|rest| start + end + rest));
            }
        }
        ends
    }

    /// The most characters with which the host can be spelled. `xn--` forms have at least one character
    /// for each, and an `x.com` has longer names.
    fn host_characters_max(&self) -> usize {
        let shown = if self.host == X_HOSTS[0] {
            X_HOST_MAX
        } else {
            self.host.len()
        };
        shown * DECOMPOSED_MAX
    }

    fn is_host(&self, spelled: &[char]) -> bool {
        if spelled.iter().all(char::is_ascii) && spelled.len() == self.host.len() {
            let same = spelled.iter().copied().zip(self.host.chars());
            if same.into_iter().all(|(a, b)| a.eq_ignore_ascii_case(&b)) {
                return true;
            }
        }
        let may_differ = !spelled.iter().all(char::is_ascii) || self.host == X_HOSTS[0];
        may_differ && spelled.contains(&'.') && host_name(spelled) == self.host
    }

    /// Returns every length with which `after`, the characters after the host, can begin with the rest
    /// of this address.
    fn rest_ends(&self, after: &[char]) -> Vec<usize> {
        let units = decoded(after);
        let begins = |at: usize, wanted: &[char]| {
            let units = units.get(at..).unwrap_or_default();
            units.len() >= wanted.len()
                && units
                    .iter()
                    .zip(wanted)
                    .all(|((unit, _), wanted)| unit == wanted)
        };
        let slash = usize::from(begins(0, &['/']));
        let needs_slash = !matches!(self.rest.first(), None | Some('?' | '#'));
        if (needs_slash && slash == 0) || !begins(slash, &self.rest) {
            return if self.rest.is_empty() {
                vec![0]
            } else {
                Vec::new()
            };
        }
        let last = slash + self.rest.len();
        // A slash at the end may be there or not.
        let first = if self.rest.is_empty() { 0 } else { last };
        let last = last + usize::from(!self.rest.is_empty() && begins(last, &['/']));
        let length = |count: usize| count.checked_sub(1).map_or(0, |unit| units[unit].1);
        (first..=last).map(length).collect()
    }
}

/// Returns the positions in `text` at which any address can end that begins at `start`: it holds a dot
/// between a letter or digit and two letters, and no space.
pub(super) fn address_like_ends(text: &[char], start: usize) -> Vec<usize> {
    let run = run(&text[start..]);
    // Decomposed, a letter may end with a mark.
    let dotted = run.windows(4).position(|four| {
        (four[0].is_alphanumeric() || is_combining_mark(four[0]))
            && four[1] == '.'
            && four[2].is_alphabetic()
            && (four[3].is_alphabetic() || is_combining_mark(four[3]))
    });
    dotted.map_or_else(Vec::new, |dotted| {
        (dotted + 4..=run.len()).map(|end| start + end).collect()
    })
}

/// Returns the characters before the next space.
fn run(text: &[char]) -> &[char] {
    let space = text.iter().position(|c| c.is_whitespace());
    &text[..space.unwrap_or(text.len()).min(ADDRESS_CHARACTERS_MAX)]
}

fn scheme_length(text: &[char]) -> usize {
    let begins = |scheme: &str| {
        let count = scheme.len();
        text.len() >= count
            && text
                .iter()
                .zip(scheme.chars())
                .all(|(a, b)| a.eq_ignore_ascii_case(&b))
    };
    ["https://", "http://"]
        .into_iter()
        .find(|scheme| begins(scheme))
        .map_or(0, str::len)
}

fn host_end(text: &[char], start: usize) -> usize {
    let end = text[start..]
        .iter()
        .position(|c| "/?#:".contains(*c) || c.is_whitespace());
    end.map_or(text.len(), |end| start + end)
}

fn port_end(text: &[char], host_end: usize) -> usize {
    let Some((':', port)) = text[host_end..].split_first().map(|(c, port)| (*c, port)) else {
        return host_end;
    };
    host_end + 1 + port.iter().take_while(|c| c.is_ascii_digit()).count()
}

/// Returns the host in the form of the DNS.
fn host_name(spelled: &[char]) -> String {
    let spelled: String = spelled.iter().collect();
    let name =
        Host::parse(&spelled).map_or_else(|_| spelled.to_lowercase(), |host| host.to_string());
    if X_HOSTS.contains(&name.as_str()) {
        return X_HOSTS[0].to_owned();
    }
    name
}

/// Returns the characters without needless percent escapes, decomposed, each with the position after
/// it.
fn decoded(text: &[char]) -> Vec<(char, usize)> {
    let mut units = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        match escaped(&text[at..]) {
            Some((c, length)) => {
                at += length;
                units.extend(std::iter::once(c).nfd().map(|c| (c, at)));
            }
            None => {
                at += 1;
                units.push((text[at - 1], at));
            }
        }
    }
    units
}

/// Returns the escaped character with which `text` begins, and how long its escapes are.
fn escaped(text: &[char]) -> Option<(char, usize)> {
    let byte = |place: usize| match text.get(place..place + 3)? {
        ['%', high, low] => u8::try_from(high.to_digit(16)? * 16 + low.to_digit(16)?).ok(),
        _ => None,
    };
    let mut bytes = Vec::new();
    // A character has up to four bytes in UTF-8.
    for count in 1..=4 {
        bytes.push(byte((count - 1) * 3)?);
        if let Ok(one) = std::str::from_utf8(&bytes) {
            let c = one.chars().next()?;
            return (!RESERVED.contains(c)).then_some((c, count * 3));
        }
    }
    None
}

#[cfg(test)]
#[path = "address_tests.rs"]
mod tests;
