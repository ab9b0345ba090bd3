//! The address of a link, in any of the forms in which a person may text it.

use unicode_normalization::UnicodeNormalization as _;
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
        let run = run(&text[start..]);
        let host_start = scheme_length(run);
        let mut ends = Vec::new();
        // What follows the host without a space may belong to the words after the link.
        for end in host_start + 1..=host_end(run, host_start) {
            if self.is_host(&run[host_start..end]) && run[end..].starts_with(&self.port) {
                let end = end + self.port.len();
                let rest_ends = self.rest_ends(&run[end..]);
                ends.extend(rest_ends.into_iter().map(|rest| start + end + rest));
            }
        }
        ends
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
    let dotted = run.windows(4).position(|four| {
        four[0].is_alphanumeric()
            && four[1] == '.'
            && four[2].is_alphabetic()
            && four[3].is_alphabetic()
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
    let end = text[start..].iter().position(|c| "/?#:".contains(*c));
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
mod tests {
    use super::*;

    fn same(texted: &str, address: &str) -> bool {
        let texted: Vec<char> = texted.nfd().collect();
        Address::read(address)
            .ends(&texted, 0)
            .contains(&texted.len())
    }

    #[test]
    fn an_address_is_the_same_in_each_of_its_forms() {
        for (texted, address) in [
            ("example.com", "http://example.com"),
            ("example.com", "https://example.com/"),
            ("example.com/", "https://example.com"),
            ("HTTP://Example.COM/Path", "http://example.com/Path"),
            ("example.com/a", "https://example.com/a/"),
            ("example.com//", "https://example.com//"),
            ("example.com/a//", "https://example.com/a//"),
            ("example.com?q=1", "http://example.com/?q=1"),
            ("example.com/?q=1#top", "http://example.com?q=1#top"),
            ("example.com:8080/a", "http://example.com:8080/a"),
            (
                "https://b\u{fc}cher.example.com/x",
                "https://xn--bcher-kva.example.com/x",
            ),
            (
                "https://xn--bcher-kva.example.com/x",
                "https://bu\u{308}cher.example.com/x",
            ),
            (
                "https://\u{43f}\u{440}\u{438}\u{43c}\u{435}\u{440}.\u{440}\u{444}",
                "https://xn--e1afmkfd.xn--p1ai/",
            ),
            ("example.com/caf\u{e9}", "https://example.com/caf%C3%A9"),
            ("example.com/caf%c3%a9", "https://example.com/cafe\u{301}"),
            ("example.com/%7Eada", "https://example.com/~ada"),
            ("x.com/ada/status/1", "https://twitter.com/ada/status/1"),
            (
                "https://twitter.com/ada/status/1",
                "https://x.com/ada/status/1",
            ),
        ] {
            assert!(same(texted, address), "{texted} is {address}");
        }
    }

    #[test]
    fn another_address_is_not_the_same() {
        for (texted, address) in [
            ("example.com", "http://example.org"),
            ("example.com/a", "http://example.com/b"),
            ("example.com/a", "http://example.com/A"),
            ("example.com/a", "http://example.com"),
            ("example.com", "http://example.com/a"),
            ("example.coma", "http://example.com/a"),
            ("www.example.com", "http://example.com"),
            ("example.com:80", "http://example.com:81"),
            ("example.com:8080", "http://example.com:80"),
            ("example.com/a%2Fb", "http://example.com/a/b"),
            ("example.com/?a=1", "http://example.com/?a=2"),
            ("b\u{fc}cher.com", "http://bucher.com"),
            ("example", "http://example.com"),
            ("", "http://example.com"),
        ] {
            assert!(!same(texted, address), "{texted} is not {address}");
        }
    }

    #[test]
    fn an_address_ends_before_the_words_that_touch_it() {
        let ends = |text: &str, address: &str| {
            let text: Vec<char> = text.nfd().collect();
            Address::read(address).ends(&text, 0)
        };
        assert_eq!(ends("example.com)", "http://example.com/"), [11]);
        assert_eq!(ends("example.com/)", "http://example.com/"), [11, 12]);
        assert_eq!(
            ends("example.com\u{3067}\u{3059}", "http://example.com"),
            [11]
        );
        assert_eq!(ends("example.com/a, b", "http://example.com/a"), [13]);
        assert_eq!(ends("example.com/a/", "http://example.com/a"), [13, 14]);
        assert_eq!(ends("example.com:80x", "http://example.com:80"), [14]);
    }
}
