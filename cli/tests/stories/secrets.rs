//! No token, key, body or full phone number in logs, metrics, pages or the queue (R9).

use std::{
    fmt::{self, Write as _},
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use birdcall_domain::random::{Random, SeededRandom};
use birdcall_ledger::queue::JobFilter;
use birdcall_sim::{Fault, FaultAction, Preset, SimConfig};
use birdcall_web as web;
use serde_json::json;
use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};

use crate::prelude::*;

const PHONE: &str = "+15558675309";
const PHONE_DIGITS: &str = "5558675309";
const BODY: &str = "canary-body sings";
const COMMAND: &str = r"\canary-command";
const AUTH_TOKEN: &str = "canary-auth-token-0123456789";
const CLIENT_SECRET: &str = "canary-client-secret-0123456789";
/// 32 bytes in base64.
const SECRET_KEY: &str = "Y2FuYXJ5LXNlY3JldC1rZXktY2FuYXJ5LXNlY3JldC0=";
const SECRET_KEY_BYTES: &str = "canary-secret-key-canary-secret-";

/// Randomness that remembers every token that the simulated X makes of it. Codes have 48 bytes, and
/// access and refresh tokens have 66.
#[derive(Debug)]
struct Remembering {
    random: SeededRandom,
    tokens: Mutex<Vec<String>>,
}

impl Remembering {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            random: SeededRandom::new(11),
            tokens: Mutex::default(),
        })
    }

    fn tokens(&self) -> Vec<String> {
        let tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.clone()
    }
}

impl Random for Remembering {
    fn fill(&self, bytes: &mut [u8]) {
        self.random.fill(bytes);
        if matches!(bytes.len(), 48 | 66) {
            let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
            tokens.push(URL_SAFE_NO_PAD.encode(bytes));
        }
    }
}

/// What every test of this process logs: everything from our own crates, and events up to `INFO`
/// from others.
#[derive(Default)]
struct Log {
    lines: Mutex<String>,
}

/// A subscriber that keeps the fields of spans and events.
struct Keep(Arc<Log>);

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let _ = write!(self.0, " {}={value:?}", field.name());
    }
}

impl Keep {
    fn keep(&self, mut line: Line) {
        line.0.push('\n');
        let mut lines = self.0.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.push_str(&line.0);
    }
}

impl Subscriber for Keep {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        // The simulator is not part of the product.
        let ours = metadata.target().starts_with("birdcall")
            && !metadata.target().starts_with("birdcall_sim");
        ours || (*metadata.level() <= Level::INFO && !metadata.target().starts_with("birdcall"))
    }

    fn new_span(&self, attributes: &span::Attributes<'_>) -> span::Id {
        let mut line = Line(attributes.metadata().name().to_owned());
        attributes.record(&mut line);
        self.keep(line);
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, values: &span::Record<'_>) {
        let mut line = Line(String::new());
        values.record(&mut line);
        self.keep(line);
    }

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(event.metadata().target().to_owned());
        event.record(&mut line);
        self.keep(line);
    }

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

/// Keeps what is logged from now on, on every thread.
fn log() -> Arc<Log> {
    static LOG: OnceLock<Arc<Log>> = OnceLock::new();
    let log = LOG.get_or_init(|| {
        let log = Arc::new(Log::default());
        tracing::subscriber::set_global_default(Keep(Arc::clone(&log))).expect("the only one");
        log
    });
    Arc::clone(log)
}

/// A Birdcall whose secrets, numbers and texts can be recognized wherever they appear.
struct Canaries {
    app: App,
    random: Arc<Remembering>,
}

impl Canaries {
    async fn start() -> Self {
        let random = Remembering::new();
        let sim = SimConfig {
            random: Arc::<Remembering>::clone(&random),
            twilio_auth_token: AUTH_TOKEN.to_owned(),
            x_client_secret: Some(CLIENT_SECRET.to_owned()),
            ..SimConfig::for_tests()
        };
        let changes = [
            ("SECRET_KEY", SECRET_KEY),
            ("ADMIN_PASSWORD", "canary-password"),
        ];
        let app = App::start_under("", sim, &changes).await;
        Self { app, random }
    }

    /// Does everything that may go well, and much that may go wrong.
    async fn sing(&self) {
        let app = &self.app;
        app.says(PHONE, "hello?").await;
        let failing = app
            .sim
            .approve(&app.press_start(&app.link(PHONE)).await, "demo")
            .await;
        app.sim
            .fault(Fault::answer("x.token", 503, json!("<html>")).times(1));
        app.get(&failing).await;
        app.sign_in(PHONE, "demo").await;
        for fault in [
            Fault::preset(Preset::XDropAfter),
            Fault::preset(Preset::XUnavailable),
            Fault::preset(Preset::XRateLimited),
            Fault::preset(Preset::XPaymentRequired),
            Fault::preset(Preset::XStrayUnauthorized),
            Fault::preset(Preset::TwilioInternalError),
            Fault::answer("x.create_post", 403, json!({"detail": "no"})),
            Fault::answer("twilio.create_message", 401, json!({"code": 20003})),
            Fault::new("x.token", FaultAction::DropBefore),
        ] {
            app.sim.fault(fault.times(1));
        }
        for number in 0..6 {
            app.says(PHONE, &format!("{BODY} {number}")).await;
            app.wait(Duration::from_secs(600)).await;
        }
        app.says(PHONE, COMMAND).await;
        app.sim.revoke_user("demo");
        app.says(PHONE, &format!("{BODY} and waits")).await;
        app.wait(Duration::from_secs(4 * 3600)).await;
    }

    /// Fails if `text` contains a secret, or if it contains a number or a body and
    /// `phone_and_body` is set. `what` is what the text is called.
    fn search(&self, what: &str, text: &str, phone_and_body: bool) {
        let tokens = self.random.tokens();
        assert!(tokens.len() >= 3, "X issued tokens");
        let mut secrets = vec![
            AUTH_TOKEN,
            CLIENT_SECRET,
            SECRET_KEY,
            SECRET_KEY_BYTES,
            "canary-password",
        ];
        secrets.extend(tokens.iter().map(String::as_str));
        if phone_and_body {
            secrets.extend([PHONE_DIGITS, "canary-body", "canary-command"]);
        }
        for secret in secrets {
            if let Some(place) = text.find(secret) {
                let line = text[..place].rsplit('\n').next().unwrap_or_default();
                panic!("{what}: {secret} appears after: {line}");
            }
        }
    }
}

#[tokio::test]
async fn logs_and_metrics_contain_no_secret_body_or_number() {
    let log = log();
    let canaries = Canaries::start().await;
    canaries.sing().await;
    let app = &canaries.app;
    let metrics = app.get(&app.metrics_url).await;
    assert!(metrics.body.contains("birdcall_texts_received_total"));
    canaries.search("metrics", &metrics.body, true);
    let lines = log
        .lines
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    for expected in [
        "a text was received",
        "text settled",
        "reply settled",
        "a number was linked",
        "the refresh was answered",
    ] {
        assert!(
            lines.contains(expected),
            "the log does not contain: {expected}"
        );
    }
    canaries.search("logs", &lines, true);
    canaries.app.leaves_open().await;
}

#[tokio::test]
async fn the_queue_contains_only_ids() {
    let canaries = Canaries::start().await;
    canaries.sing().await;
    let all = JobFilter {
        limit: 10_000,
        ..JobFilter::default()
    };
    let jobs = canaries.app.ledger.jobs(&all).await.expect("the ledger");
    assert!(jobs.len() > 10);
    let mut subjects = String::new();
    for job in jobs {
        let _ = writeln!(subjects, "{job:?}");
    }
    canaries.search("jobs", &subjects, true);
    canaries.app.leaves_open().await;
}

/// The ledger holds bodies and numbers on purpose. Tokens are sealed in it, and keys are elsewhere.
#[tokio::test]
async fn the_files_of_the_ledger_contain_no_token() {
    let canaries = Canaries::start().await;
    canaries.sing().await;
    let mut found = false;
    for file in std::fs::read_dir(canaries.app.folder.path()).expect("the folder") {
        let bytes = std::fs::read(file.expect("a file").path()).expect("readable");
        let text = String::from_utf8_lossy(&bytes);
        found |= text.contains("canary-body");
        canaries.search("the ledger's files", &text, false);
    }
    assert!(found, "the files are those of the ledger");
    canaries.app.leaves_open().await;
}

#[tokio::test]
async fn debug_output_contains_no_secret() {
    let canaries = Canaries::start().await;
    canaries.sing().await;
    let app = &canaries.app;
    let clock = Arc::new(app.clock.clone());
    let random = Arc::new(SeededRandom::new(1));
    let web = web::App::with(app.config.clone(), app.ledger.clone(), clock, random);
    for (what, debug) in [
        ("the settings", format!("{:#?}", app.config)),
        ("the worker's context", format!("{:#?}", app.worker)),
        ("web's context", format!("{web:#?}")),
    ] {
        canaries.search(what, &debug, true);
    }
    drop(web);
    canaries.app.leaves_open().await;
}

#[tokio::test]
async fn error_pages_contain_no_secret() {
    let canaries = Canaries::start().await;
    let app = &canaries.app;
    app.says(PHONE, "hello?").await;
    let callback = app
        .sim
        .approve(&app.press_start(&app.link(PHONE)).await, "demo")
        .await;
    let mut pages = Vec::new();
    pages.push(app.get(&callback).await);
    pages.push(app.get(&callback).await);
    for path in [
        "/auth/?phone=%2B15558675309&token=forged",
        "/auth/callback?state=forged&code=canary-code",
        "/auth/callback?state=<script>&error=<script>",
        "/nowhere",
        "/readyz",
    ] {
        pages.push(app.get(&format!("{}{path}", app.url)).await);
    }
    pages.push(
        app.twilio_posts("/twilio/message", &[("Body", BODY), ("From", PHONE)])
            .await,
    );
    let unsigned = app.browser.post(format!("{}/twilio/message", app.url));
    pages.push(Page::of(unsigned.form(&[("Body", BODY), ("From", PHONE)])).await);
    for page in pages {
        canaries.search("pages", &page.body, false);
        for shown in ["canary-body", "canary-code", "<script>"] {
            assert!(!page.body.contains(shown), "{}", page.body);
        }
        assert!(
            page.status == 200 || !page.body.contains("forged"),
            "{}",
            page.body
        );
    }
    canaries.app.leaves_open().await;
}
