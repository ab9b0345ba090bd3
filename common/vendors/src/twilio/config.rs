//! The settings of the Twilio account, and the names that Twilio gives to things.

use std::str::FromStr;

use birdcall_domain::phone::Phone;
use secrecy::SecretString;
use url::Url;

/// The Twilio account, the sender of our texts, and where Twilio's API is.
#[derive(Clone, Debug)]
pub struct TwilioConfig {
    /// `TWILIO_ACCOUNT_SID`: `AC` and 32 hexadecimal digits.
    pub account_sid: String,
    /// `TWILIO_AUTH_TOKEN`: the primary auth token, with which Twilio signs its webhooks.
    pub auth_token: SecretString,
    /// `TWILIO_FROM`: the sender of our texts.
    pub from: Sender,
    /// `TWILIO_API_URL`: the base URL of Twilio's API.
    pub api_url: Url,
}

/// The sender of our texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sender {
    /// One Twilio number.
    Number(Phone),
    /// A messaging service, by its sid. Twilio chooses one of the service's numbers.
    Service(String),
}

impl FromStr for Sender {
    type Err = &'static str;

    fn from_str(value: &str) -> Result<Self, Self::Err> {
        if is_sid(value, "MG") {
            return Ok(Self::Service(value.to_owned()));
        }
        value
            .parse()
            .map(Self::Number)
            .map_err(|_| "a number such as +15551230001, or the MG… SID of a messaging service")
    }
}

/// Whether `value` is a sid of Twilio: `prefix`, which names the kind of thing, and 32 hexadecimal
/// digits.
#[must_use]
pub fn is_sid(value: &str, prefix: &str) -> bool {
    value
        .strip_prefix(prefix)
        .is_some_and(|rest| rest.len() == 32 && rest.bytes().all(|b| b.is_ascii_hexdigit()))
}
