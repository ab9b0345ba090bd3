//! The configuration of a simulator, fixed when it starts.

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

/// The future that a [`LedgerView`] returns: the ledger's rows as a JSON array.
pub type LedgerFuture = Pin<Box<dyn Future<Output = serde_json::Value> + Send + 'static>>;

/// A function that reads the ledger for the dev page.
pub type LedgerView = Arc<dyn Fn() -> LedgerFuture + Send + Sync>;

/// What the page may do with the app's worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkerOrder {
    /// Ends it at once, in the middle of whatever it does, as `kill -9` does.
    Kill,
    /// Starts a new one, unless one is running.
    Start,
    /// Changes nothing.
    Look,
}

/// A function that carries out an order, and says whether a worker is running then.
pub type WorkerControl = Arc<dyn Fn(WorkerOrder) -> bool + Send + Sync>;

/// Selects who sends the queued webhooks and status callbacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// A background task sends them as soon as they are due.
    Background,
    /// Only a call of `Sim::deliver` sends them. Tests with a manual clock use this.
    Manual,
}

/// The configuration of a simulator.
#[derive(Clone)]
pub struct SimConfig {
    /// The clock for expiry times, rate limit windows and dates.
    pub clock: SharedClock,
    /// The source of ids and tokens, and of chance for faults with a probability.
    pub random: SharedRandom,
    /// Twilio's account SID: `AC` followed by 32 hex digits.
    pub twilio_account_sid: String,
    /// Twilio's auth token. It signs webhooks and is the password of the REST API.
    pub twilio_auth_token: String,
    /// The service's phone number in E.164 format, such as `+15550009999`.
    pub twilio_number: String,
    /// The OAuth 2.0 client id of the X app.
    pub x_client_id: String,
    /// The OAuth 2.0 client secret. `Some` makes the app a confidential client, which must send the
    /// Basic header.
    pub x_client_secret: Option<String>,
    /// The registered callbacks of the X app. X compares them character by character.
    pub redirect_uris: Vec<String>,
    /// The URL to which inbound texts are delivered. A fragment such as `#rc=2&rp=5xx` sets the
    /// retries and is neither sent nor signed.
    pub webhook_url: String,
    /// Selects who sends the queued webhooks.
    pub delivery: Delivery,
    /// The address to listen on. Port 0 picks a free port.
    pub listen: SocketAddr,
    /// Reads the ledger for the dev page. Without it, the page shows no texts of the app.
    pub ledger: Option<LedgerView>,
    /// Kills and starts the app's worker for the dev page. Without it, the page does not offer that.
    pub worker: Option<WorkerControl>,
}

impl SimConfig {
    /// Returns the settings that connect Birdcall to a simulator with this configuration at `url`.
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

    /// Returns fixed values for tests: the clock shows 2026-11-22 17:00 UTC and does not advance,
    /// the seed is fixed, the port is free on loopback, and webhooks wait for `Sim::deliver`.
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
            worker: None,
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
