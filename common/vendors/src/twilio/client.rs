//! The client of Twilio: what every call to Twilio needs.

use std::sync::Arc;

use birdcall_domain::{
    call::CallError,
    clock::{SharedClock, Timestamp},
    overview::{Vendor, VendorSeen},
    rejection::TwilioRejection,
};
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::config::{Sender, TwilioConfig};
use crate::{
    http::{self, HttpLimits},
    seen::Seen,
};

/// What a call to Twilio ends in.
pub(super) type TwilioResult<T> = Result<T, CallError<TwilioRejection>>;

/// Calls Twilio. Tests and the simulator use it with another base URL.
#[derive(Clone, Debug)]
pub struct TwilioClient {
    pub(super) http: reqwest::Client,
    pub(super) seen: Seen,
    account_sid: String,
    auth_token: SecretString,
    pub(super) from: Sender,
    api_url: Url,
    clock: SharedClock,
}

impl TwilioClient {
    /// Builds a client for the account that `config` names.
    #[must_use]
    pub fn new(config: &TwilioConfig, limits: HttpLimits, clock: SharedClock) -> Self {
        Self {
            http: http::client(limits),
            seen: Seen::new(Vendor::Twilio, Arc::clone(&clock)),
            account_sid: config.account_sid.clone(),
            auth_token: config.auth_token.clone(),
            from: config.from.clone(),
            api_url: config.api_url.clone(),
            clock,
        }
    }

    /// The URL of one of the account's resources.
    pub(super) fn endpoint(&self, resource: &str) -> String {
        self.url(&format!(
            "/2010-04-01/Accounts/{}/{resource}",
            self.account_sid
        ))
    }

    /// The URL of the account itself.
    pub(super) fn account_url(&self) -> String {
        self.url(&format!("/2010-04-01/Accounts/{}.json", self.account_sid))
    }

    /// The URL of a path of the messaging API, which has a host of its own:
    /// `messaging.twilio.com` beside `api.twilio.com`. A stand-in has one host for both.
    pub(super) fn messaging_url(&self, path: &str) -> String {
        let mut base = self.api_url.clone();
        let host = base.host_str().and_then(|host| host.strip_prefix("api."));
        if let Some(host) = host.filter(|host| host.ends_with("twilio.com")) {
            let host = format!("messaging.{host}");
            // A name cannot be refused where another name was accepted.
            let _ = base.set_host(Some(&host));
        }
        format!("{}{path}", base.as_str().trim_end_matches('/'))
    }

    /// The URL of a path that begins with `/`.
    pub(super) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.api_url.as_str().trim_end_matches('/'))
    }

    pub(super) fn authorized(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        request.basic_auth(&self.account_sid, Some(self.auth_token.expose_secret()))
    }

    /// What was last seen of Twilio by this client and its clones.
    #[must_use]
    pub fn seen(&self) -> VendorSeen {
        self.seen.last()
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }
}
