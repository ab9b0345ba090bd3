//! The place in a list of texts after which its next page begins.

use std::{fmt, str::FromStr};

use thiserror::Error;

use crate::{clock::Timestamp, text::MessageSid};

/// The place of a text in a list. Texts are ordered by these values, in this order, and no two texts
/// have the same place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// When it was received.
    pub received_at: Timestamp,
    /// Its arrival, in microseconds since the Unix epoch.
    pub arrival: i64,
    /// Its sid.
    pub sid: MessageSid,
}

/// Words that name no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a place in a list is written by the list itself")]
pub struct BadPlace;

/// As an address carries it: `1795366805120-1795366805120000-SM…`.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", self.received_at.0, self.arrival, self.sid)
    }
}

impl FromStr for Place {
    type Err = BadPlace;

    fn from_str(words: &str) -> Result<Self, BadPlace> {
        let mut parts = words.splitn(3, '-');
        let mut number = || parts.next().and_then(|part| part.parse::<i64>().ok());
        let received_at = Timestamp(number().ok_or(BadPlace)?);
        let arrival = number().ok_or(BadPlace)?;
        let sid = parts.next().and_then(|sid| sid.parse().ok());
        Ok(Self {
            received_at,
            arrival,
            sid: sid.ok_or(BadPlace)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_a_place_and_nothing_else_does() {
        let words = "1795366805120-1795366805120001-SM810f1b13dfc9da01792cab08b560f849";
        let place: Place = words.parse().unwrap();
        assert_eq!(place.received_at, Timestamp(1_795_366_805_120));
        assert_eq!(place.arrival, 1_795_366_805_120_001);
        assert_eq!(place.to_string(), words);
        for words in [
            "",
            "1-2",
            "1-2-3",
            "a-2-SM810f1b13dfc9da01792cab08b560f849",
            "1--2-SM810f1b13dfc9da01792cab08b560f849",
            "SM810f1b13dfc9da01792cab08b560f849",
        ] {
            assert_eq!(words.parse::<Place>(), Err(BadPlace), "{words}");
        }
    }
}
