//! Starts and ends a Birdcall: web over real HTTP, the handlers of the worker, the simulated X and
//! Twilio, and one clock that the story moves.

use std::{collections::HashMap, sync::Arc};

use birdcall_common::{config::Config, telemetry};
use birdcall_domain::{
    clock::{ManualClock, SharedClock, Timestamp},
    random::{SeededRandom, SharedRandom},
};
use birdcall_ledger::Ledger;
use birdcall_sim::{Sim, SimConfig};
use birdcall_web as web;
use birdcall_worker as worker;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::browser::browser;

/// A whole Birdcall that a story drives step by step.
pub(crate) struct App {
    /// The simulated X and Twilio.
    pub(crate) sim: Sim,
    /// The time, for Birdcall and for the simulator.
    pub(crate) clock: ManualClock,
    pub(crate) ledger: Ledger,
    /// What the handlers of the worker are called with.
    pub(crate) worker: Arc<worker::Context>,
    /// The public address, at which web listens.
    pub(crate) url: String,
    /// The address of web's metrics.
    pub(crate) metrics_url: String,
    /// A browser that keeps cookies and does not follow redirects.
    pub(crate) browser: reqwest::Client,
    /// What web and the worker were started with.
    pub(crate) config: Config,
    /// The folder of the ledger's files.
    pub(crate) folder: TempDir,
    pub(crate) random: SharedRandom,
    settings: HashMap<String, String>,
    shutdown: CancellationToken,
    leaves_open: bool,
}

/// Settings that a story changes: pairs of a name and a value.
pub(crate) type Changes<'a> = &'a [(&'a str, &'a str)];

async fn with_others(public: TcpListener, config: &Config) -> web::Listeners {
    let console = match config.console.listen {
        Some(address) => Some(TcpListener::bind(address).await.expect("a free port")),
        None => None,
    };
    web::Listeners {
        public,
        console,
        metrics: TcpListener::bind("127.0.0.1:0").await.expect("a free port"),
    }
}

fn metrics_url(listeners: &web::Listeners) -> String {
    let address = listeners.metrics.local_addr().expect("bound");
    format!("http://{address}/metrics")
}

impl App {
    /// Starts with the usual settings. Anyone may sign up.
    pub(crate) async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Starts with changed settings.
    pub(crate) async fn start_with(changes: Changes<'_>) -> Self {
        Self::start_under("", SimConfig::for_tests(), changes).await
    }

    /// Starts with a prefix in the public address, a changed simulator and changed settings.
    pub(crate) async fn start_under(
        prefix: &str,
        sim_config: SimConfig,
        changes: Changes<'_>,
    ) -> Self {
        telemetry::init_metrics();
        let clock = ManualClock::new(Timestamp::from_secs(1_795_366_800));
        let shared: SharedClock = Arc::new(clock.clone());
        let random: SharedRandom = Arc::new(SeededRandom::new(7));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}{prefix}", listener.local_addr().expect("bound"));
        let sim_config = SimConfig {
            clock: Arc::clone(&shared),
            webhook_url: format!("{url}/twilio/message#rc=2&rp=5xx"),
            redirect_uris: vec![format!("{url}/auth/callback")],
            ..sim_config
        };
        let sim = Sim::start(sim_config.clone())
            .await
            .expect("the simulator starts");
        let folder = tempfile::tempdir().expect("a folder");
        let settings = settings(&folder, &url, &sim, &sim_config, changes);
        let config = Config::from_settings(settings.clone()).expect("settings");
        let ledger = Ledger::open(&config.database).await.expect("a database");
        ledger.migrate().await.expect("a schema");
        let app = web::App::with(
            config.clone(),
            ledger.clone(),
            Arc::clone(&shared),
            Arc::clone(&random),
        );
        let shutdown = CancellationToken::new();
        let listeners = with_others(listener, &config).await;
        let metrics_url = metrics_url(&listeners);
        tokio::spawn(web::serve(app, listeners, shutdown.clone()));
        let worker =
            worker::Context::with(config.clone(), ledger.clone(), shared, Arc::clone(&random));
        let browser = browser();
        Self {
            sim,
            clock,
            ledger,
            worker,
            url,
            metrics_url,
            browser,
            config,
            folder,
            random,
            settings,
            shutdown,
            leaves_open: false,
        }
    }

    /// Another web takes over with changed settings, at the same address.
    pub(crate) async fn restart_web_with(&mut self, changes: Changes<'_>) {
        for (name, value) in changes {
            self.settings
                .insert((*name).to_owned(), (*value).to_owned());
        }
        self.config = Config::from_settings(self.settings.clone()).expect("settings");
        self.shutdown.cancel();
        let address = self.url.trim_start_matches("http://");
        let address = address.split('/').next().expect("an address");
        // The address is free once the old web has stopped.
        let listener = loop {
            match TcpListener::bind(address).await {
                Ok(listener) => break listener,
                Err(_) => tokio::task::yield_now().await,
            }
        };
        let shared: SharedClock = Arc::new(self.clock.clone());
        // The old web has closed its ledger.
        self.ledger = Ledger::open(&self.config.database).await.expect("a ledger");
        let app = web::App::with(
            self.config.clone(),
            self.ledger.clone(),
            Arc::clone(&shared),
            Arc::clone(&self.random),
        );
        self.worker = worker::Context::with(
            self.config.clone(),
            self.ledger.clone(),
            shared,
            Arc::clone(&self.random),
        );
        self.shutdown = CancellationToken::new();
        let listeners = with_others(listener, &self.config).await;
        self.metrics_url = metrics_url(&listeners);
        tokio::spawn(web::serve(app, listeners, self.shutdown.clone()));
    }

    /// Ends a story in which texts may still be due.
    pub(crate) async fn leaves_open(mut self) {
        self.leaves_open = true;
        self.end().await;
    }

    /// Ends the story. It fails if a text is still due, or if Birdcall sent a request that it must
    /// never send.
    pub(crate) async fn end(self) {
        let counters = self.sim.counters();
        assert_eq!(
            counters.reused_refresh_tokens, 0,
            "a refresh token was used twice"
        );
        assert_eq!(
            counters.unexpected_requests, 0,
            "X and Twilio do not know a request"
        );
        if !self.leaves_open {
            for text in self.texts().await {
                assert_eq!(
                    text.next_attempt_at, None,
                    "{} is still {}",
                    text.sid, text.state
                );
            }
        }
        self.shutdown.cancel();
        self.sim.shutdown().await;
    }
}

fn settings(
    folder: &TempDir,
    url: &str,
    sim: &Sim,
    sim_config: &SimConfig,
    changes: Changes<'_>,
) -> HashMap<String, String> {
    let mut settings: HashMap<String, String> = [
        (
            "DATABASE_URL",
            format!("sqlite://{}", folder.path().join("birdcall.db").display()),
        ),
        ("PUBLIC_URL", url.to_owned()),
        (
            "SECRET_KEY",
            "QmlyZGNhbGwgdGVzdHMgc2VhbCB0b2tlbnMgd2l0aCE=".to_owned(),
        ),
        ("SIGNUP", "open".to_owned()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .chain(sim_config.settings(&sim.url()))
    .collect();
    for (name, value) in changes {
        settings.insert((*name).to_owned(), (*value).to_owned());
    }
    settings
}
