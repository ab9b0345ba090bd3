//! A whole Birdcall for a story: web over real HTTP, the worker's handlers step by step, the
//! stand-ins for X and Twilio, one clock that the story moves.

use std::{collections::HashMap, sync::Arc, time::Duration};

use birdcall_common::{config::Config, telemetry};
use birdcall_domain::{
    clock::{Clock as _, ManualClock, SharedClock, Timestamp},
    random::{SeededRandom, SharedRandom},
};
use birdcall_ledger::{
    Ledger,
    accounts::Account,
    queue::{JobFilter, JobState},
    texts::{Attempt, TextFilter},
};
use birdcall_sim::{Direction, Sim, SimConfig};
use birdcall_vendors::twilio::signature::sign;
use birdcall_web as web;
use birdcall_worker as worker;
use secrecy::SecretString;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::seen::{SeenReply, SeenText};

/// The phone that most stories are about.
pub(crate) const ALICE: &str = "+15550001111";
/// Another phone.
pub(crate) const BOB: &str = "+15550002222";

/// A whole Birdcall.
pub(crate) struct App {
    /// X and Twilio.
    pub(crate) sim: Sim,
    /// The time, for everybody.
    pub(crate) clock: ManualClock,
    /// The ledger.
    pub(crate) ledger: Ledger,
    /// What the worker's handlers work with.
    pub(crate) worker: Arc<worker::Context>,
    /// Where web listens; its public address.
    pub(crate) url: String,
    /// A browser without a window: keeps cookies, follows nothing by itself.
    pub(crate) browser: reqwest::Client,
    /// What web and worker were started with.
    pub(crate) config: Config,
    /// Where the ledger's file lies.
    pub(crate) folder: TempDir,
    random: SharedRandom,
    shutdown: CancellationToken,
    leaves_open: bool,
}

/// Settings that a story changes.
pub(crate) type Changes<'a> = &'a [(&'a str, &'a str)];

impl App {
    /// With everyone allowed to sign up.
    pub(crate) async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// With changed settings.
    pub(crate) async fn start_with(changes: Changes<'_>) -> Self {
        Self::start_under("", SimConfig::for_tests(), changes).await
    }

    /// With a prefix on the public address, and with changed stand-ins.
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
            .expect("the stand-ins start");
        let folder = tempfile::tempdir().expect("a folder");
        let config = config(&folder, &url, &sim, &sim_config, changes);
        let ledger = Ledger::open(&config.database).await.expect("a database");
        ledger.migrate().await.expect("a schema");
        let app = web::App::with(
            config.clone(),
            ledger.clone(),
            Arc::clone(&shared),
            Arc::clone(&random),
        );
        let shutdown = CancellationToken::new();
        tokio::spawn(web::serve(app, listener, shutdown.clone()));
        let worker =
            worker::Context::with(config.clone(), ledger.clone(), shared, Arc::clone(&random));
        let browser = browser();
        Self {
            sim,
            clock,
            ledger,
            worker,
            url,
            browser,
            config,
            folder,
            random,
            shutdown,
            leaves_open: false,
        }
    }

    /// A phone texts; Twilio's webhook is delivered. Nothing is worked on yet.
    pub(crate) async fn text(&self, from: &str, body: &str) -> String {
        let sid = self.sim.text(from, body).await;
        self.sim.deliver().await;
        sid
    }

    /// Works until nothing more is due at this moment.
    pub(crate) async fn settle(&self) {
        loop {
            let jobs = self
                .ledger
                .take_due_jobs(self.clock.now())
                .await
                .expect("the ledger");
            if jobs.is_empty() {
                if self.sim.deliver().await == 0 {
                    return;
                }
                continue;
            }
            for job in jobs {
                worker::handle(&self.worker, &job)
                    .await
                    .expect("the ledger");
            }
        }
    }

    /// A phone texts, and everything that follows at this moment happens.
    pub(crate) async fn says(&self, from: &str, body: &str) -> String {
        let sid = self.text(from, body).await;
        self.settle().await;
        sid
    }

    /// Time passes in one step; then everything due happens.
    pub(crate) async fn later(&self, by: Duration) {
        self.clock.advance(by);
        worker::sweep(&self.worker).await.expect("the ledger");
        self.settle().await;
    }

    /// Time passes, from one due moment to the next; everything due happens, swept or not.
    pub(crate) async fn wait(&self, by: Duration) {
        let end = self.clock.now() + by;
        self.settle().await;
        while self.clock.now() < end {
            let soonest = self.clock.now() + Duration::from_secs(1);
            let next = self.next_due().await.unwrap_or(end).max(soonest);
            self.clock.advance_to(next.min(end));
            worker::sweep(&self.worker).await.expect("the ledger");
            self.settle().await;
        }
    }

    /// When something is due next: by a job, or by the sweep that wakes what has none.
    async fn next_due(&self) -> Option<Timestamp> {
        const SWEPT_AFTER: Duration = Duration::from_secs(6);
        let pending = JobFilter {
            state: Some(JobState::Pending),
            limit: 10_000,
            ..JobFilter::default()
        };
        let jobs = self.ledger.jobs(&pending).await.expect("the ledger");
        let jobs = jobs.into_iter().map(|job| Timestamp::from_secs(job.run_at));
        let texts = self.texts().await.into_iter();
        let texts = texts.filter_map(|text| Some(text.next_attempt_at? + SWEPT_AFTER));
        jobs.chain(texts).min()
    }

    /// Every text in the ledger.
    pub(crate) async fn texts(&self) -> Vec<SeenText> {
        let all = TextFilter {
            phone: None,
            state: None,
            since: Timestamp(0),
            contains: None,
            limit: 10_000,
        };
        let texts = self.ledger.texts(&all).await.expect("the ledger");
        texts.into_iter().map(SeenText::from).collect()
    }

    /// X can't be reached from now on: no connection is made.
    pub(crate) fn cut_x_off(&mut self) {
        let mut config = self.config.clone();
        config.x.api_url = "http://127.0.0.1:1".parse().expect("a URL");
        self.replace_worker(config);
    }

    /// X can be reached again.
    pub(crate) fn reconnect_x(&mut self) {
        self.replace_worker(self.config.clone());
    }

    fn replace_worker(&mut self, config: Config) {
        let clock: SharedClock = Arc::new(self.clock.clone());
        let random = Arc::clone(&self.random);
        self.worker = worker::Context::with(config, self.ledger.clone(), clock, random);
    }

    /// How often an endpoint of the stand-ins was called, faults included.
    pub(crate) fn calls(&self, endpoint: &str) -> usize {
        let requests = self.sim.requests();
        let calls = requests
            .iter()
            .filter(|request| request.endpoint == endpoint);
        calls.count()
    }

    /// Twilio posts a form to a path below our public address, signed.
    pub(crate) async fn twilio_posts(&self, path: &str, pairs: &[(&str, &str)]) -> Page {
        let url = format!("{}{path}", self.url);
        let signature = self.signature(&url, pairs);
        let request = self.browser.post(&url).form(pairs);
        Page::of(request.header("X-Twilio-Signature", signature)).await
    }

    /// Twilio's signature of a form that is posted to an address.
    pub(crate) fn signature(&self, url: &str, pairs: &[(&str, &str)]) -> String {
        let token: &SecretString = &self.config.twilio.auth_token;
        let pairs: Vec<(String, String)> = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        sign(token, url, &pairs)
    }

    /// Now, for everybody.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The last text that a phone got.
    pub(crate) fn last_reply(&self, phone: &str) -> String {
        self.replies(phone).pop().unwrap_or_default()
    }

    /// What we texted to a phone, oldest first.
    pub(crate) fn replies(&self, phone: &str) -> Vec<String> {
        self.sim
            .messages()
            .into_iter()
            .filter(|message| message.direction == Direction::OutboundApi && message.to == phone)
            .map(|message| message.body)
            .collect()
    }

    /// What stands on X, oldest first.
    pub(crate) fn posts(&self) -> Vec<String> {
        self.sim.posts().into_iter().map(|post| post.text).collect()
    }

    /// The sign-in link in the last text to a phone that has one.
    pub(crate) fn link(&self, phone: &str) -> String {
        let replies = self.replies(phone);
        let link = replies
            .iter()
            .rev()
            .find_map(|reply| reply.split(' ').find(|word| word.starts_with(&self.url)));
        link.unwrap_or_else(|| panic!("no link in {replies:?}"))
            .to_owned()
    }

    /// Presses the button on the sign-in page; the address at X that the browser is sent to.
    pub(crate) async fn press_start(&self, link: &str) -> String {
        let page = self.get(link).await;
        assert_eq!(page.status, 200, "{}", page.body);
        let field = |name: &str| {
            let marker = format!("name=\"{name}\" value=\"");
            let rest = page
                .body
                .split(&marker)
                .nth(1)
                .unwrap_or_else(|| panic!("no {name} in {}", page.body));
            rest.split('"')
                .next()
                .expect("a value")
                .replace("&#43;", "+")
                .replace("&amp;", "&")
        };
        let form = [("phone", field("phone")), ("token", field("token"))];
        let response = self
            .browser
            .post(format!("{}/auth/start", self.url))
            .form(&form)
            .send()
            .await
            .expect("web answers");
        assert_eq!(response.status(), 303);
        response.headers()["location"]
            .to_str()
            .expect("text")
            .to_owned()
    }

    /// A phone signs in as `username` at X, from the first text to the last.
    pub(crate) async fn link_as(&self, phone: &str, username: &str) {
        self.says(phone, "hello?").await;
        self.sign_in(phone, username).await;
    }

    /// Follows the last link that the phone got, and approves as `username`.
    pub(crate) async fn sign_in(&self, phone: &str, username: &str) -> Page {
        let authorize = self.press_start(&self.link(phone)).await;
        let callback = self.sim.approve(&authorize, username).await;
        let page = self.get(&callback).await;
        self.settle().await;
        page
    }

    /// Fetches a page with the browser.
    pub(crate) async fn get(&self, url: &str) -> Page {
        Page::of(self.browser.get(url)).await
    }

    /// The text with this sid, if the ledger has it.
    pub(crate) async fn text_with(&self, sid: &str) -> Option<SeenText> {
        let sid = sid.parse().expect("a sid");
        let text = self.ledger.text(&sid).await.expect("the ledger");
        text.map(SeenText::from)
    }

    /// The text with this sid.
    pub(crate) async fn row(&self, sid: &str) -> SeenText {
        let text = self.text_with(sid).await;
        text.expect("the text is in the ledger")
    }

    /// `state` or `state/reason` of a text.
    pub(crate) async fn state(&self, sid: &str) -> String {
        let row = self.row(sid).await;
        row.reason.map_or(row.state.clone(), |reason| {
            format!("{}/{reason}", row.state)
        })
    }

    /// The replies to a text.
    pub(crate) async fn replies_to(&self, sid: &str) -> Vec<SeenReply> {
        let sid = sid.parse().expect("a sid");
        let replies = self.ledger.replies_to(&sid).await.expect("the ledger");
        replies.into_iter().map(SeenReply::from).collect()
    }

    /// The calls that were made for a text.
    pub(crate) async fn attempts(&self, sid: &str) -> Vec<Attempt> {
        let sid = sid.parse().expect("a sid");
        self.ledger.attempts(&sid).await.expect("the ledger")
    }

    /// The account of a phone.
    pub(crate) async fn account_of(&self, phone: &str) -> Option<Account> {
        let phone = phone.parse().expect("a phone");
        self.ledger.account_of(&phone).await.expect("the ledger")
    }

    /// Ends a story that leaves something due on purpose.
    pub(crate) async fn leaves_open(mut self) {
        self.leaves_open = true;
        self.end().await;
    }

    /// Ends the story: nothing is left due, no request was out of order.
    pub(crate) async fn end(self) {
        let counters = self.sim.counters();
        assert_eq!(
            counters.reused_refresh_tokens, 0,
            "a refresh token was spent twice"
        );
        assert_eq!(
            counters.unexpected_requests, 0,
            "a request that the vendors do not know"
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

/// A page as the browser got it.
#[derive(Debug)]
pub(crate) struct Page {
    /// HTTP status.
    pub(crate) status: u16,
    /// HTML.
    pub(crate) body: String,
}

impl Page {
    /// What a request is answered with.
    pub(crate) async fn of(request: reqwest::RequestBuilder) -> Self {
        let response = request.send().await.expect("web answers");
        Self {
            status: response.status().as_u16(),
            body: response.text().await.expect("a page"),
        }
    }
}

fn config(
    folder: &TempDir,
    url: &str,
    sim: &Sim,
    sim_config: &SimConfig,
    changes: Changes<'_>,
) -> Config {
    let mut settings: HashMap<String, String> = [
        (
            "DATABASE_URL",
            format!("sqlite://{}", folder.path().join("birdcall.db").display()),
        ),
        ("PUBLIC_URL", url.to_owned()),
        (
            "SECRET_KEY",
            "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=".to_owned(),
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
    Config::from_settings(settings).expect("settings")
}

/// A browser that was never here.
#[expect(
    clippy::disallowed_methods,
    reason = "a browser of the test, not a client of Birdcall's"
)]
pub(crate) fn browser() -> reqwest::Client {
    // The TLS provider is set up by the product's own builder.
    drop(birdcall_vendors::http::client(
        birdcall_vendors::http::HttpLimits {
            connect_timeout: Duration::from_secs(5),
            request_timeout: Duration::from_secs(5),
        },
    ));
    reqwest::Client::builder()
        .cookie_store(true)
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .expect("a browser")
}
