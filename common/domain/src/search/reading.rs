//! Reads a query: what it may name, the most exact first.

use crate::phone::Phone;

/// One of the things that a query may name. The ledger tries them in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    /// Twilio's sid of a text or of a reply, or its beginning: `SM` or `MM` and hexadecimal digits.
    Sid(String),
    /// X's id of a post.
    Post(String),
    /// Our id of a reply.
    Reply(String),
    /// The id of a job.
    Job(String),
    /// The number of a sender.
    Sender(Phone),
    /// Words of a text.
    Words(String),
}

/// The fewest hexadecimal digits that can begin a sid: fewer are more likely words.
const SID_DIGITS_MIN: usize = 6;
/// The hexadecimal digits of a whole sid.
const SID_DIGITS: usize = 32;
/// The characters of a job's id, which is a ULID.
const JOB_LENGTH: usize = 26;
/// The most digits of a post's id, which has 64 bits.
const POST_DIGITS_MAX: usize = 20;
/// The fewest digits that can be a number without its plus. Fewer are more likely words.
const NUMBER_DIGITS_MIN: usize = 8;
/// The most characters of a reply's id.
const REPLY_LENGTH_MAX: usize = 200;

/// What a query may be, the most exact first; nothing if it is empty. A number with its plus, a whole
/// sid and a post's address are read in one way only. Everything else may also be words.
#[must_use]
pub fn readings(query: &str) -> Vec<Reading> {
    let query = query.trim();
    if query.is_empty() {
        return Vec::new();
    }
    // As it is copied from a log or a mail.
    let name = query.trim_matches(['"', '\'', '<', '>', '(', ')', ',', ';', '.']);
    if let Some(id) = post_in_address(name) {
        return vec![Reading::Post(id.to_owned())];
    }
    let mut readings = Vec::new();
    let digits = sid_digits(name);
    if digits.is_some() {
        readings.push(Reading::Sid(name.to_owned()));
    }
    let is_number = name.bytes().all(|byte| byte.is_ascii_digit()) && !name.is_empty();
    if is_number && name.len() <= POST_DIGITS_MAX {
        readings.push(Reading::Post(name.to_owned()));
    }
    if name.len() == JOB_LENGTH && name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        readings.push(Reading::Job(name.to_ascii_uppercase()));
    }
    if is_reply_id(name) {
        readings.push(Reading::Reply(name.to_owned()));
    }
    let sender = sender(query);
    readings.extend(sender.clone().map(Reading::Sender));
    let in_one_way = digits == Some(SID_DIGITS) || sender.is_some() && query.starts_with('+');
    if !in_one_way {
        readings.push(Reading::Words(query.to_owned()));
    }
    readings
}

/// How many digits follow the letters of a sid.
fn sid_digits(name: &str) -> Option<usize> {
    let digits = name.strip_prefix("SM").or(name.strip_prefix("MM"))?;
    let fits = (SID_DIGITS_MIN..=SID_DIGITS).contains(&digits.len());
    (fits && digits.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(digits.len())
}

/// The id in `https://x.com/NAME/status/ID`, with or without the scheme and what follows the id.
fn post_in_address(name: &str) -> Option<&str> {
    let name = name.strip_prefix("https://").unwrap_or(name);
    let name = name.strip_prefix("http://").unwrap_or(name);
    let (host, path) = name.split_once('/')?;
    let host = host.strip_prefix("www.").unwrap_or(host);
    let host = host.strip_prefix("mobile.").unwrap_or(host);
    if !["x.com", "twitter.com"].contains(&host) {
        return None;
    }
    let (_, id) = path.split_once("/status/")?;
    let end = id.find(|c: char| !c.is_ascii_digit()).unwrap_or(id.len());
    (1..=POST_DIGITS_MAX).contains(&end).then_some(&id[..end])
}

/// Whether it may be our id of a reply: what it answers and what it is for, joined by colons.
fn is_reply_id(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-:".contains(c);
    name.len() <= REPLY_LENGTH_MAX
        && name.chars().all(plain)
        && name
            .split_once(':')
            .is_some_and(|(of, what)| !of.is_empty() && !what.is_empty())
}

/// A number as people write it: `+1 555 000 1111`, `(+49) 151-23456789`. A form turns a plus of the
/// address into a space.
#[must_use]
pub fn sender(query: &str) -> Option<Phone> {
    let digits: String = query.chars().filter(char::is_ascii_digit).collect();
    let only_a_number = query
        .chars()
        .all(|c| c.is_ascii_digit() || "+ -().\u{a0}".contains(c));
    let enough = digits.len() >= NUMBER_DIGITS_MIN || query.starts_with('+');
    (only_a_number && enough).then(|| format!("+{digits}").parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    const SID: &str = "SM810f1b13dfc9da01792cab08b560f849";
    const JOB: &str = "01KAY5V0Q8M3ZJ6T4W9RXC2D7E";

    fn sid(sid: &str) -> Reading {
        Reading::Sid(sid.to_owned())
    }

    fn post(id: &str) -> Reading {
        Reading::Post(id.to_owned())
    }

    fn from(digits: &str) -> Reading {
        Reading::Sender(digits.parse().unwrap())
    }

    fn words(words: &str) -> Reading {
        Reading::Words(words.to_owned())
    }

    fn reply(id: &str) -> Reading {
        Reading::Reply(id.to_owned())
    }

    #[test]
    fn a_query_is_read_as_what_it_may_name_the_most_exact_first() {
        for (query, expected) in [
            ("", vec![]),
            ("  ", vec![]),
            (SID, vec![sid(SID)]),
            (&format!(" \"{SID}\", "), vec![sid(SID)]),
            ("MM810f1b", vec![sid("MM810f1b"), words("MM810f1b")]),
            ("SM810f1", vec![words("SM810f1")]),
            ("SMS about dinner", vec![words("SMS about dinner")]),
            (
                &format!("{SID}:final"),
                vec![
                    reply(&format!("{SID}:final")),
                    words(&format!("{SID}:final")),
                ],
            ),
            (
                "sign_in:ab_c-1",
                vec![reply("sign_in:ab_c-1"), words("sign_in:ab_c-1")],
            ),
            ("note: call home", vec![words("note: call home")]),
            ("https://", vec![words("https://")]),
            (JOB, vec![Reading::Job(JOB.to_owned()), words(JOB)]),
            (
                "1989012345678901234",
                vec![post("1989012345678901234"), words("1989012345678901234")],
            ),
            (
                "https://x.com/demo/status/1989012345678901234?s=20",
                vec![post("1989012345678901234")],
            ),
            ("mobile.twitter.com/i/status/20/photo/1", vec![post("20")]),
            (
                "https://x.com.example/demo/status/20",
                vec![words("https://x.com.example/demo/status/20")],
            ),
            ("x.com/demo/status/", vec![words("x.com/demo/status/")]),
            ("+15550001111", vec![from("+15550001111")]),
            ("+1 (555) 000-1111", vec![from("+15550001111")]),
            (
                "1 (555) 000-1111",
                vec![from("+15550001111"), words("1 (555) 000-1111")],
            ),
            (
                " 15550001111",
                vec![
                    post("15550001111"),
                    from("+15550001111"),
                    words("15550001111"),
                ],
            ),
            ("1111", vec![post("1111"), words("1111")]),
            ("at 10:05", vec![words("at 10:05")]),
            ("call 15550001111", vec![words("call 15550001111")]),
            ("猫が窓辺で", vec![words("猫が窓辺で")]),
            ("...", vec![words("...")]),
        ] {
            assert_eq!(readings(query), expected, "{query}");
        }
    }

    #[test]
    fn what_is_too_long_to_be_an_id_is_words() {
        let digits = "1".repeat(21);
        assert_eq!(readings(&digits), [words(&digits)]);
        let id = format!("a:{}", "b".repeat(REPLY_LENGTH_MAX));
        assert_eq!(readings(&id), [words(&id)]);
    }
}
