//! What the request handlers share: the ledger, the clients, the settings.

use std::sync::{Arc, atomic::AtomicU64};

use birdcall_common::{config::Config, vault::Vault};
use birdcall_domain::{
    clock::{SharedClock, SystemClock, Timestamp},
    public_url::PublicUrl,
    random::{SharedRandom, SystemRandom},
};
use birdcall_ledger::{Ledger, inbox::Inbox};
use birdcall_vendors::x::XClient;
use tokio::sync::{Mutex, OnceCell, Semaphore, watch};

use crate::counted::Counted;

/// What the request handlers share.
#[derive(Debug)]
pub struct App {
    /// The texts, the replies, the accounts and the queue.
    pub ledger: Ledger,
    /// The same ledger for webhooks alone, so that no page and no count can hold them up.
    pub door: Ledger,
    /// Commits inbound texts, many at a time.
    pub inbox: Inbox,
    /// Calls X, for sign-ins.
    pub x: XClient,
    /// Encrypts tokens, and verifies sign-in links.
    pub vault: Vault,
    /// The source of the time. Handlers call [`App::now`].
    pub clock: SharedClock,
    /// The source of ids, states and verifiers.
    pub random: SharedRandom,
    /// The settings of this process.
    pub config: Config,
    /// The address at which browsers reach the console, without `/admin`.
    pub(crate) console_url: PublicUrl,
    /// Whether the schema is known to be up to date.
    pub(crate) schema: watch::Sender<bool>,
    /// The hash of `ADMIN_PASSWORD`, made when somebody first signs in to the console.
    pub(crate) first_operator_hash: OnceCell<String>,
    /// What became of the texts of the last week.
    pub(crate) counted: Counted,
    /// Held while a password is looked at, which takes 19 MiB.
    pub(crate) passwords: Semaphore,
    /// Held by pages of the console that are kept up to date.
    pub(crate) live_streams: Arc<Semaphore>,
    /// Webhooks with a wrong signature that are not yet noted in the ledger. Anybody can send them, so
    /// they are noted together.
    pub(crate) signatures_refused: AtomicU64,
    /// Held while the database is asked whether web is ready: anybody can ask, so one asks at a time.
    pub(crate) asked_if_ready: Mutex<()>,
}

/// `CONSOLE_URL`, or what stands for it.
fn console_url(config: &Config) -> PublicUrl {
    let console = &config.console;
    let own = console
        .listen
        .and_then(|at| format!("http://{at}").parse().ok());
    console
        .url
        .clone()
        .or(own)
        .unwrap_or_else(|| config.public_url.clone())
}

/// This many passwords are looked at side by side: each takes a core for some hundredths of a second.
const PASSWORDS_AT_ONCE: usize = 2;

/// This many pages of the console are kept up to date at the same time.
const LIVE_STREAMS_MAX: usize = 20;

/// The number of connections to PostgreSQL that are for webhooks alone.
const DOOR_CONNECTIONS_MAX: u32 = 4;

impl App {
    /// Builds the state with the machine's clock and randomness.
    #[must_use]
    pub fn new(config: Config, ledger: Ledger) -> Arc<Self> {
        Self::with(
            config,
            ledger,
            Arc::new(SystemClock),
            Arc::new(SystemRandom),
        )
    }

    /// Builds the state with another clock and another source of randomness, for tests.
    #[must_use]
    pub fn with(
        config: Config,
        ledger: Ledger,
        clock: SharedClock,
        random: SharedRandom,
    ) -> Arc<Self> {
        let limits = &config.limits;
        let door = ledger.apart(DOOR_CONNECTIONS_MAX);
        Arc::new(Self {
            inbox: Inbox::open(&door, Arc::clone(&clock), config.inbox_policy()),
            ledger,
            door,
            schema: watch::Sender::new(false),
            first_operator_hash: OnceCell::new(),
            counted: Counted::default(),
            passwords: Semaphore::new(PASSWORDS_AT_ONCE),
            live_streams: Arc::new(Semaphore::new(LIVE_STREAMS_MAX)),
            signatures_refused: AtomicU64::new(0),
            asked_if_ready: Mutex::new(()),
            x: XClient::new(
                &config.x,
                &config.public_url,
                limits.http,
                Arc::clone(&clock),
            ),
            vault: Vault::new(config.secret_keys.clone(), Arc::clone(&random)),
            clock,
            random,
            console_url: console_url(&config),
            config,
        })
    }

    /// The current time. A handler reads it once per request and passes it on as a value.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
}
