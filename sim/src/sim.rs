//! The running simulator, as tests and `birdcall dev` hold it.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{Router, http::StatusCode, middleware};
use birdcall_domain::clock::Timestamp;
use tokio::{
    net::TcpListener,
    sync::{Notify, watch},
    task::JoinHandle,
};

use crate::{
    Delivery, Fault, Settings, SimConfig, User, UserOptions,
    client::client,
    connection::{Switch, SwitchListener},
    control, dev_page,
    observe::observe,
    state::State,
    twilio::{self, inbound, webhooks},
    x,
};

/// Twilio's limit for the answer to a webhook.
const WEBHOOK_TIMEOUT: Duration = Duration::from_secs(15);

/// A running simulator. Clones are handles on the same one.
#[derive(Clone)]
pub struct Sim {
    inner: Arc<Inner>,
}

struct Inner {
    config: SimConfig,
    address: SocketAddr,
    state: Mutex<State>,
    client: reqwest::Client,
    wake: Notify,
    stop: watch::Sender<bool>,
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

impl Sim {
    /// Binds, and serves in background tasks.
    ///
    /// # Errors
    ///
    /// When the address cannot be bound.
    pub async fn start(config: SimConfig) -> io::Result<Sim> {
        let listener = TcpListener::bind(config.listen).await?;
        let address = listener.local_addr()?;
        let state = State {
            webhook_url: config.webhook_url.clone(),
            redirect_uris: config.redirect_uris.clone(),
            ..State::default()
        };
        let background = config.delivery == Delivery::Background;
        let sim = Sim {
            inner: Arc::new(Inner {
                config,
                address,
                state: Mutex::new(state),
                client: client(WEBHOOK_TIMEOUT),
                wake: Notify::new(),
                stop: watch::Sender::new(false),
                tasks: Mutex::default(),
            }),
        };
        let mut stopped = sim.inner.stop.subscribe();
        let server = axum::serve(
            SwitchListener(listener),
            sim.router().into_make_service_with_connect_info::<Switch>(),
        )
        .with_graceful_shutdown(async move {
            // An error means that the simulator is gone, which ends the server as well.
            let _ = stopped.wait_for(|stop| *stop).await;
        });
        sim.keep(tokio::spawn(async move {
            if let Err(error) = server.await {
                tracing::error!(%error, "the simulator stopped serving");
            }
        }));
        if background {
            sim.keep(tokio::spawn(webhooks::run(
                sim.clone(),
                sim.inner.stop.subscribe(),
            )));
        }
        Ok(sim)
    }

    fn router(&self) -> Router {
        Router::new()
            .merge(x::router())
            .merge(twilio::router())
            .merge(control::router())
            .merge(dev_page::router())
            .fallback(async || (StatusCode::NOT_FOUND, "no such route in the simulator\n"))
            .layer(axum::extract::DefaultBodyLimit::disable())
            .layer(middleware::from_fn_with_state(self.clone(), observe))
            .with_state(self.clone())
    }

    /// `http://127.0.0.1:PORT`: both X and Twilio live there, their paths do not clash.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.inner.address)
    }

    /// Sets where inbound texts go.
    pub fn set_webhook_url(&self, url: impl Into<String>) {
        self.with(|state| state.webhook_url = url.into());
    }

    /// Sets the registered callbacks.
    pub fn set_redirect_uris(&self, uris: Vec<String>) {
        self.with(|state| state.redirect_uris = uris);
    }

    /// Changes what can be changed while running.
    pub fn configure(&self, change: impl FnOnce(&mut Settings)) {
        self.with(|state| change(&mut state.settings));
    }

    /// The current settings.
    #[must_use]
    pub fn settings(&self) -> Settings {
        self.with(|state| state.settings.clone())
    }

    /// A phone sends an SMS: queues the signed webhook and returns the message's sid.
    pub async fn text(&self, from: &str, body: &str) -> String {
        self.text_with_media(from, body, Vec::new()).await
    }

    /// A phone sends an MMS with files given as content type and bytes.
    pub async fn text_with_media(
        &self,
        from: &str,
        body: &str,
        media: Vec<(String, Vec<u8>)>,
    ) -> String {
        let sid = inbound::receive(self, from, body, media);
        self.wake();
        sid
    }

    /// Sends every queued webhook and status callback that is due, until none is left, and
    /// returns how many requests were sent.
    pub async fn deliver(&self) -> usize {
        webhooks::deliver(self).await
    }

    /// Adds a fault.
    pub fn fault(&self, fault: Fault) {
        self.with(|state| state.faults.push(fault));
    }

    /// Removes all faults.
    pub fn clear_faults(&self) {
        self.with(|state| state.faults.clear());
    }

    /// What a person does at X: checks the authorize request, signs in as `username`, agrees.
    /// Returns where the browser is sent: the callback with `code` and `state`.
    ///
    /// # Panics
    ///
    /// When X would show an error page instead of the question.
    pub async fn approve(&self, authorize_url: &str, username: &str) -> String {
        crate::approve::decide(self, authorize_url, Some(username))
    }

    /// What a person does at X: refuses. Returns the callback with `error` and `state`.
    ///
    /// # Panics
    ///
    /// When X would show an error page instead of the question.
    pub async fn deny(&self, authorize_url: &str) -> String {
        crate::approve::decide(self, authorize_url, None)
    }

    /// The user removes the app at X: access tokens get 401, refresh tokens 400.
    pub fn revoke_user(&self, username: &str) {
        self.with(|state| state.x.revoke_user(username));
    }

    /// Every access token ends now; refresh tokens stay.
    pub fn expire_access_tokens(&self) {
        self.with(|state| state.x.access_tokens.clear());
    }

    /// The user of that name, created on first use.
    #[must_use]
    pub fn user(&self, username: &str) -> User {
        self.with(|state| state.x.user_named(username).clone())
    }

    /// Changes what X thinks of a user.
    pub fn set_user(&self, username: &str, options: UserOptions) {
        self.with(|state| state.x.user_named(username).options = options);
    }

    /// Stops serving and delivering.
    pub async fn shutdown(&self) {
        self.inner.stop.send_replace(true);
        let tasks = std::mem::take(
            &mut *self
                .inner
                .tasks
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        );
        for mut task in tasks {
            // A client that keeps a connection busy must not keep the simulator alive.
            if tokio::time::timeout(Duration::from_secs(2), &mut task)
                .await
                .is_err()
            {
                task.abort();
            }
        }
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

    /// Runs `act` on the state. The lock is never held over an await.
    pub(crate) fn with<R>(&self, act: impl FnOnce(&mut State) -> R) -> R {
        act(&mut self
            .inner
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner))
    }

    /// Tells the delivering task that something was queued.
    pub(crate) fn wake(&self) {
        self.inner.wake.notify_one();
    }

    pub(crate) async fn woken(&self) {
        self.inner.wake.notified().await;
    }

    fn keep(&self, task: JoinHandle<()>) {
        self.inner
            .tasks
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(task);
    }

    /// `bytes` random bytes as hex.
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
