//! Twilio: webhooks in, messages out (Programmable Messaging).

pub mod answers;
pub mod messages;
pub mod signature;
pub mod webhook;

use secrecy::SecretString;
use url::Url;

use crate::{
    clock::SharedClock,
    config::{Sender, TwilioConfig},
    http::{self, HttpLimits},
};

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
