//! What a simulator is told when it starts.

use std::{
    fmt,
    future::Future,
    net::{Ipv4Addr, SocketAddr},
    pin::Pin,
    sync::Arc,
};

use birdcall_domain::{
    clock::{ManualClock, SharedClock, Timestamp},
    random::{SeededRandom, SharedRandom},
};

/// The ledger's rows as JSON, when they are ready.
pub type LedgerFuture = Pin<Box<dyn Future<Output = serde_json::Value> + Send + 'static>>;

/// Reads the ledger for the dev page.
pub type LedgerView = Arc<dyn Fn() -> LedgerFuture + Send + Sync>;

/// Who sends the queued webhooks and status callbacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// A task sends them as they come.
    Background,
    /// Only [`crate::Sim::deliver`] sends them: for tests with a manual clock.
    Manual,
}

/// What a simulator is told when it starts.
#[derive(Clone)]
pub struct SimConfig {
    /// The time: token lives, rate windows, dates.
    pub clock: SharedClock,
    /// Ids, tokens, and the dice of faults with a probability.
    pub random: SharedRandom,
    /// `AC` and 32 hex digits.
    pub twilio_account_sid: String,
    /// Signs webhooks, and is the password of the REST API.
    pub twilio_auth_token: String,
    /// The service's number, `+E.164`.
    pub twilio_number: String,
    /// The app's OAuth 2.0 client id.
    pub x_client_id: String,
    /// `Some` makes the app a confidential client: the Basic header is required then.
    pub x_client_secret: Option<String>,
    /// Registered callbacks; compared exactly.
    pub redirect_uris: Vec<String>,
    /// Where inbound texts go. A fragment such as `#rc=2&rp=5xx` sets the retries; it is neither
    /// sent nor signed.
    pub webhook_url: String,
    /// Who sends the queued webhooks.
    pub delivery: Delivery,
    /// The address to listen on; port 0 picks a free one.
    pub listen: SocketAddr,
    /// Shown by the dev page.
    pub ledger: Option<LedgerView>,
}

impl SimConfig {
    /// The settings that lead Birdcall to a simulator at `url` which was started with this.
    #[must_use]
    pub fn settings(&self, url: &str) -> Vec<(String, String)> {
        [
            ("TWILIO_ACCOUNT_SID", self.twilio_account_sid.clone()),
            ("TWILIO_AUTH_TOKEN", self.twilio_auth_token.clone()),
            ("TWILIO_FROM", self.twilio_number.clone()),
            ("TWILIO_API_URL", url.to_owned()),
            ("X_CLIENT_ID", self.x_client_id.clone()),
            (
                "X_CLIENT_SECRET",
                self.x_client_secret.clone().unwrap_or_default(),
            ),
            ("X_API_URL", url.to_owned()),
            ("X_AUTHORIZE_URL", format!("{url}/i/oauth2/authorize")),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }

    /// Fixed values, a clock that stands at 2026-11-22 17:00 UTC, a fixed seed, a free port on
    /// loopback, and webhooks that wait for [`crate::Sim::deliver`].
    #[must_use]
    pub fn for_tests() -> Self {
        Self {
            clock: Arc::new(ManualClock::new(Timestamp::from_secs(1_795_366_800))),
            random: Arc::new(SeededRandom::new(1)),
            twilio_account_sid: "AC0123456789abcdef0123456789abcdef".to_owned(),
            twilio_auth_token: "simulated-auth-token".to_owned(),
            twilio_number: "+15550009999".to_owned(),
            x_client_id: "simulated-client".to_owned(),
            x_client_secret: Some("simulated-client-secret".to_owned()),
            redirect_uris: vec!["http://127.0.0.1:8080/auth/callback".to_owned()],
            webhook_url: "http://127.0.0.1:8080/twilio/message".to_owned(),
            delivery: Delivery::Manual,
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            ledger: None,
        }
    }
}

impl Default for SimConfig {
    fn default() -> Self {
        Self::for_tests()
    }
}

impl fmt::Debug for SimConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimConfig")
            .field("twilio_account_sid", &self.twilio_account_sid)
            .field("twilio_number", &self.twilio_number)
            .field("x_client_id", &self.x_client_id)
            .field("confidential", &self.x_client_secret.is_some())
            .field("redirect_uris", &self.redirect_uris)
            .field("webhook_url", &self.webhook_url)
            .field("delivery", &self.delivery)
            .field("listen", &self.listen)
            .finish_non_exhaustive()
    }
}
