//! The handle on a running simulator.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use birdcall_domain::clock::Timestamp;
use tokio::{
    sync::{Notify, watch},
    task::JoinHandle,
};

use crate::{client::client, config::SimConfig, state::SimState};

/// Twilio waits this long for the answer to a webhook, see
/// <https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides>.
const WEBHOOK_TIMEOUT: Duration = Duration::from_secs(15);

/// A running simulator. Clones are handles on the same simulator.
#[derive(Clone)]
pub struct Sim {
    inner: Arc<Inner>,
}

struct Inner {
    config: SimConfig,
    address: SocketAddr,
    state: Mutex<SimState>,
    client: reqwest::Client,
    wake: Notify,
    stop: watch::Sender<bool>,
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

impl Sim {
    /// Returns a handle for `address`. Nothing runs until tasks are added.
    pub(crate) fn new(config: SimConfig, address: SocketAddr) -> Self {
        let mut state = SimState::default();
        state.twilio.webhook_url = config.webhook_url.clone();
        state.x.redirect_uris = config.redirect_uris.clone();
        Self {
            inner: Arc::new(Inner {
                config,
                address,
                state: Mutex::new(state),
                client: client(WEBHOOK_TIMEOUT),
                wake: Notify::new(),
                stop: watch::Sender::new(false),
                tasks: Mutex::default(),
            }),
        }
    }

    /// Returns the base URL of both X and Twilio, such as `http://127.0.0.1:9000`. Their paths do
    /// not overlap.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.inner.address)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.inner.address
    }

    pub(crate) fn config(&self) -> &SimConfig {
        &self.inner.config
    }

    pub(crate) fn client(&self) -> &reqwest::Client {
        &self.inner.client
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.inner.config.clock.now()
    }

    /// Runs `act` on the state. The lock is never held across an await.
    pub(crate) fn with<R>(&self, act: impl FnOnce(&mut SimState) -> R) -> R {
        act(&mut self
            .inner
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner))
    }

    /// Wakes the background task after something was queued.
    pub(crate) fn wake(&self) {
        self.inner.wake.notify_one();
    }

    pub(crate) async fn woken(&self) {
        self.inner.wake.notified().await;
    }

    /// Returns a receiver that becomes true when the simulator stops.
    pub(crate) fn stopping(&self) -> watch::Receiver<bool> {
        self.inner.stop.subscribe()
    }

    /// Tells every task to stop and returns the tasks.
    pub(crate) fn stop(&self) -> Vec<JoinHandle<()>> {
        self.inner.stop.send_replace(true);
        let mut tasks = self
            .inner
            .tasks
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *tasks)
    }

    pub(crate) fn keep(&self, task: JoinHandle<()>) {
        self.inner
            .tasks
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(task);
    }

    /// Returns `bytes` random bytes as hex.
    pub(crate) fn hex(&self, bytes: usize) -> String {
        use std::fmt::Write as _;
        let mut buffer = vec![0; bytes];
        self.inner.config.random.fill(&mut buffer);
        buffer.iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}

impl std::fmt::Debug for Sim {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sim")
            .field("url", &self.url())
            .finish_non_exhaustive()
    }
}
