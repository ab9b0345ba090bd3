//! The client of X: what every call to X needs.

use std::sync::Arc;

use birdcall_domain::{
    call::CallError,
    clock::{SharedClock, Timestamp},
    overview::{Vendor, VendorSeen},
    public_url::PublicUrl,
    rejection::XRejection,
};
use secrecy::SecretString;
use url::Url;

use super::config::XConfig;
use crate::{
    http::{self, HttpLimits},
    seen::Seen,
};

/// What a call to X that needs an access token ends in.
pub(super) type XResult<T> = Result<T, CallError<XRejection>>;

/// Calls X. Tests and the simulator use it with other base URLs.
#[derive(Clone, Debug)]
pub struct XClient {
    pub(super) http: reqwest::Client,
    pub(super) seen: Seen,
    pub(super) client_id: String,
    pub(super) client_secret: Option<SecretString>,
    api_url: Url,
    pub(super) authorize_url: Url,
    redirect_uri: String,
    clock: SharedClock,
}

impl XClient {
    /// Builds a client for the app that `config` names. After a sign-in, X sends browsers back to
    /// `public_url`.
    #[must_use]
    pub fn new(
        config: &XConfig,
        public_url: &PublicUrl,
        limits: HttpLimits,
        clock: SharedClock,
    ) -> Self {
        Self {
            http: http::client(limits),
            seen: Seen::new(Vendor::X, Arc::clone(&clock)),
            client_id: config.client_id.clone(),
            client_secret: config.client_secret.clone(),
            api_url: config.api_url.clone(),
            authorize_url: config.authorize_url.clone(),
            redirect_uri: public_url.join("/auth/callback"),
            clock,
        }
    }

    /// The callback URL. The X app must have exactly this one registered.
    #[must_use]
    pub fn redirect_uri(&self) -> &str {
        &self.redirect_uri
    }

    pub(super) fn endpoint(&self, path: &str) -> String {
        format!("{}{path}", self.api_url.as_str().trim_end_matches('/'))
    }

    /// What was last seen of X by this client and its clones.
    #[must_use]
    pub fn seen(&self) -> VendorSeen {
        self.seen.last()
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }
}
