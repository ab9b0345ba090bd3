//! X: sign-in, posts and the account's own timeline (X API v2).

pub mod answers;
pub mod oauth;
pub mod posts;

use birdcall_domain::{clock::SharedClock, public_url::PublicUrl};
use secrecy::SecretString;
use url::Url;

use crate::http::{self, HttpLimits};

/// Talks to X. The base URLs are the seam: the stand-in is another base URL.
#[derive(Clone, Debug)]
pub struct XClient {
    http: reqwest::Client,
    client_id: String,
    client_secret: Option<SecretString>,
    api_url: Url,
    authorize_url: Url,
    redirect_uri: String,
    clock: SharedClock,
}

impl XClient {
    /// A client for the app that `config` names; browsers come back to `public_url`.
    #[must_use]
    pub fn new(
        config: &XConfig,
        public_url: &PublicUrl,
        limits: HttpLimits,
        clock: SharedClock,
    ) -> Self {
        Self {
            http: http::client(limits),
            client_id: config.client_id.clone(),
            client_secret: config.client_secret.clone(),
            api_url: config.api_url.clone(),
            authorize_url: config.authorize_url.clone(),
            redirect_uri: public_url.join("/auth/callback"),
            clock,
        }
    }

    /// The callback that must be registered with the X app, to the letter.
    #[must_use]
    pub fn redirect_uri(&self) -> &str {
        &self.redirect_uri
    }

    fn endpoint(&self, path: &str) -> String {
        format!("{}{path}", self.api_url.as_str().trim_end_matches('/'))
    }
}

/// X's side.
#[derive(Clone, Debug)]
pub struct XConfig {
    /// `X_CLIENT_ID`.
    pub client_id: String,
    /// `X_CLIENT_SECRET`: confidential clients have one.
    pub client_secret: Option<SecretString>,
    /// `X_API_URL`.
    pub api_url: Url,
    /// `X_AUTHORIZE_URL`.
    pub authorize_url: Url,
}
