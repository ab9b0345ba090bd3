//! A reply that an operator writes.

use std::str::FromStr;

use thiserror::Error;

use crate::{sms::Sms, wording::counted};

/// Twilio refuses a message with more characters (error 21617).
const WORDS_MAX: usize = 1600;

/// The words of a reply that an operator writes. They are texted as they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandWritten(String);

/// Words that cannot be texted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a reply has 1 to {WORDS_MAX} characters, and no control characters except line breaks")]
pub struct BadWords;

impl HandWritten {
    /// As they are texted.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// How long they are, in words that do not repeat them: `12 characters in 1 segment`.
    #[must_use]
    pub fn length(&self) -> String {
        let sms = Sms::new(self.0.clone());
        let characters = u64::try_from(self.0.chars().count()).unwrap_or(u64::MAX);
        format!(
            "{} in {}",
            counted(characters, "character", "characters"),
            counted(sms.segments.into(), "segment", "segments")
        )
    }
}

impl FromStr for HandWritten {
    type Err = BadWords;

    fn from_str(words: &str) -> Result<Self, BadWords> {
        // Forms send line breaks as CR LF.
        let words = words.replace("\r\n", "\n");
        let words = words.trim();
        let fits = (1..=WORDS_MAX).contains(&words.encode_utf16().count());
        if !fits || words.chars().any(|c| c.is_control() && c != '\n') {
            return Err(BadWords);
        }
        Ok(Self(words.to_owned()))
    }
}

/// What became of a reply that an operator wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandReply {
    /// It will be sent.
    Written,
    /// The same reply was written before: nothing changed.
    AlreadyWritten,
    /// An operator has blocked the number.
    Blocked,
    /// Its sender texted STOP to Twilio.
    OptedOut,
    /// The sender is not a phone number that can be answered.
    NoPhone,
    /// Its sender's data was deleted, or is being deleted.
    Forgotten,
    /// There is no such text.
    Unknown,
}

impl HandReply {
    /// What happened, in words that follow the sid of the text.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Written => "is answered: the reply is on its way",
            Self::AlreadyWritten => "was answered with this reply already",
            Self::Blocked => "comes from a blocked number, so it cannot be answered",
            Self::OptedOut => "comes from a number that texted STOP, so it may not be answered",
            Self::NoPhone => "does not come from a phone number that can be answered",
            Self::Forgotten => "was deleted with its owner's data",
            Self::Unknown => "is not in the ledger",
        }
    }

    /// Whether the reply is written, now or before.
    #[must_use]
    pub fn is_written(self) -> bool {
        matches!(self, Self::Written | Self::AlreadyWritten)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_any_alphabet_are_texted_up_to_the_limit_of_twilio() {
        for (words, expected) in [
            ("  Hello, it works again.\n", Some("Hello, it works again.")),
            ("one\r\ntwo", Some("one\ntwo")),
            ("привет", Some("привет")),
            ("", None),
            (" \n ", None),
            ("bell\u{7}", None),
        ] {
            let read = words.parse::<HandWritten>();
            assert_eq!(read.ok().as_ref().map(HandWritten::as_str), expected);
        }
        assert!("a".repeat(1600).parse::<HandWritten>().is_ok());
        assert_eq!("a".repeat(1601).parse::<HandWritten>(), Err(BadWords));
        // An emoji takes the place of two characters.
        assert_eq!("😀".repeat(801).parse::<HandWritten>(), Err(BadWords));
    }

    #[test]
    fn the_length_says_what_the_reply_costs() {
        for (words, expected) in [
            ("x".to_owned(), "1 character in 1 segment"),
            ("a".repeat(161), "161 characters in 2 segments"),
            ("привет".repeat(12), "72 characters in 2 segments"),
        ] {
            let written: HandWritten = words.parse().expect("words");
            assert_eq!(written.length(), expected);
        }
    }
}
