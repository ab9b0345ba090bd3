//! Phone numbers.

use std::{fmt, str::FromStr};

use thiserror::Error;

/// A number in E.164: `+`, then 7 to 15 digits that do not begin with 0 (ITU-T E.164).
///
/// `Debug` masks it; printing it whole takes an explicit [`Phone::as_str`].
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Phone(String);

/// What is wrong with something that should be a phone number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a phone number is written in E.164: + and 7 to 15 digits, for example +15551230001")]
pub struct InvalidPhone;

impl Phone {
    /// The whole number.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The number with its middle hidden, for logs: `+15*******01`.
    #[must_use]
    pub fn masked(&self) -> String {
        let hidden = self.0.len() - 5;
        format!(
            "{}{}{}",
            &self.0[..3],
            "*".repeat(hidden),
            &self.0[self.0.len() - 2..]
        )
    }
}

impl FromStr for Phone {
    type Err = InvalidPhone;

    fn from_str(value: &str) -> Result<Self, InvalidPhone> {
        let digits = value.strip_prefix('+').ok_or(InvalidPhone)?;
        let well_formed = (7..=15).contains(&digits.len())
            && digits.bytes().all(|b| b.is_ascii_digit())
            && !digits.starts_with('0');
        if well_formed {
            Ok(Self(value.to_owned()))
        } else {
            Err(InvalidPhone)
        }
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

/// The sender of a text, as the ledger knows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Party {
    /// A phone that can be answered.
    Phone(Phone),
    /// A sender that cannot be answered, as Twilio named it: a short code, a name, another channel.
    Other(String),
    /// A person whose data was deleted.
    Forgotten,
}

impl Party {
    /// Reads what Twilio or the ledger says; empty means forgotten.
    #[must_use]
    pub fn read(value: &str) -> Self {
        match value.parse() {
            Ok(phone) => Self::Phone(phone),
            Err(_) if value.is_empty() => Self::Forgotten,
            Err(_) => Self::Other(value.to_owned()),
        }
    }

    /// The phone, if it is one.
    #[must_use]
    pub fn phone(&self) -> Option<&Phone> {
        match self {
            Self::Phone(phone) => Some(phone),
            Self::Other(_) | Self::Forgotten => None,
        }
    }

    /// What is stored and listed.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Phone(phone) => phone.as_str(),
            Self::Other(name) => name,
            Self::Forgotten => "",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_e164_is_a_phone_number() {
        for good in ["+15551230001", "+4915112345678", "+3581234567"] {
            assert_eq!(good.parse::<Phone>().unwrap().as_str(), good);
        }
        for bad in [
            "",
            "+",
            "15551230001",
            "+0155512300",
            "+1555",
            "+1 555 123",
            "72404",
            "BANK",
            "whatsapp:+15551230001",
            "+1234567890123456",
        ] {
            assert_eq!(bad.parse::<Phone>(), Err(InvalidPhone), "{bad}");
        }
    }

    #[test]
    fn debug_hides_the_number() {
        let phone: Phone = "+15551230001".parse().unwrap();
        assert_eq!(format!("{phone:?}"), "+15*******01");
    }
}
