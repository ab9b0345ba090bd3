//! Twilio: webhooks in, messages out (Programmable Messaging).

pub mod answers;
pub mod messages;
pub mod signature;
pub mod webhook;

use std::str::FromStr;

use birdcall_domain::{clock::SharedClock, phone::Phone};
use secrecy::SecretString;
use url::Url;

use crate::http::{self, HttpLimits};

/// Talks to Twilio. The base URL is the seam: the stand-in is another base URL.
#[derive(Clone, Debug)]
pub struct TwilioClient {
    http: reqwest::Client,
    account_sid: String,
    auth_token: SecretString,
    from: Sender,
    api_url: Url,
    clock: SharedClock,
}

impl TwilioClient {
    /// A client for the account that `config` names.
    #[must_use]
    pub fn new(config: &TwilioConfig, limits: HttpLimits, clock: SharedClock) -> Self {
        Self {
            http: http::client(limits),
            account_sid: config.account_sid.clone(),
            auth_token: config.auth_token.clone(),
            from: config.from.clone(),
            api_url: config.api_url.clone(),
            clock,
        }
    }

    fn endpoint(&self, resource: &str) -> String {
        let base = self.api_url.as_str().trim_end_matches('/');
        format!("{base}/2010-04-01/Accounts/{}/{resource}", self.account_sid)
    }
}

/// Twilio's side.
#[derive(Clone, Debug)]
pub struct TwilioConfig {
    /// `TWILIO_ACCOUNT_SID`.
    pub account_sid: String,
    /// `TWILIO_AUTH_TOKEN`, the primary one: it signs webhooks.
    pub auth_token: SecretString,
    /// `TWILIO_FROM`.
    pub from: Sender,
    /// `TWILIO_API_URL`.
    pub api_url: Url,
}

/// Who our texts come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sender {
    /// One number.
    Number(Phone),
    /// A Twilio messaging service (`MG…`).
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
            .map_err(|_| "+E.164, or MG and 32 hexadecimal digits")
    }
}

/// Whether `value` is one of Twilio's names: the prefix and 32 hexadecimal digits.
#[must_use]
pub fn is_sid(value: &str, prefix: &str) -> bool {
    value
        .strip_prefix(prefix)
        .is_some_and(|rest| rest.len() == 32 && rest.bytes().all(|b| b.is_ascii_hexdigit()))
}
