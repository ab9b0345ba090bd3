//! Measures how long the pages of the console take with a large ledger, through real HTTP.
//!
//!     cargo bench -p birdcall --bench pages -- sqlite:///tmp/million.db
//!     cargo bench -p birdcall --bench pages -- postgres://USER@HOST/DATABASE
//!
//! It fills the database with a million texts, replies, jobs and attempts if it is empty, and prints the median and
//! the maximum of several visits for each page. A second argument is another number of rows.

#[path = "../../common/ledger/benches/million/fill.rs"]
mod fill;

use std::{collections::HashMap, error::Error, time::Duration};

use birdcall_common::config::Config;
use birdcall_domain::clock::Stopwatch;
use birdcall_ledger::{Ledger, texts::TextFilter};
use birdcall_sim::{Sim, SimConfig};
use birdcall_vendors::http::{self, HttpLimits};
use birdcall_web::{App, Listeners};
use reqwest::Client;
use tokio_util::sync::CancellationToken;

type Done<T = ()> = Result<T, Box<dyn Error>>;

/// Visits of each page.
const VISITS: usize = 21;

/// The longest that a page may take, by the median of its visits.
const BOUND: Duration = Duration::from_millis(200);

/// What an operator looks for, besides the pages of the menu.
const LOOKS: [&str; 14] = [
    "?span=1h",
    "?span=7d",
    "/texts?q=zebra",
    "/texts?q=morning",
    "/texts?q=%2B15550000001",
    "/texts?state=failed",
    "/texts?state=in_doubt",
    "/texts?since=7d",
    "/jobs?queue=tweet&state=Done",
    "/replies?state=sent",
    "/replies?to=%2B15550000001",
    "/accounts?q=handle_500",
    "/replays/plan?state=failed&since=30d",
    "/audit?actor=olivia",
];

#[tokio::main]
async fn main() -> Done {
    // `cargo bench` adds an option of its own.
    let mut words = std::env::args().skip(1).filter(|word| word != "--bench");
    let url = words.next().ok_or("name a database")?;
    let rows: u64 = words.next().map_or(Ok(1_000_000), |rows| rows.parse())?;

    let sim_config = SimConfig::for_tests();
    let sim = Sim::start(sim_config.clone()).await?;
    let settings: HashMap<String, String> = [
        ("DATABASE_URL", url.as_str()),
        ("PUBLIC_URL", "http://127.0.0.1:8080"),
        ("LISTEN_ADDR", "127.0.0.1:0"),
        ("METRICS_LISTEN_ADDR", "127.0.0.1:0"),
        ("SECRET_KEY", "QmlyZGNhbGwgbWVhc3VyZXMgaG93IGxvbmcgaXQgdG8="),
        ("ADMIN_PASSWORD", PASSWORD),
        ("SIGNUP", "open"),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .chain(sim_config.settings(&sim.url()))
    .collect();
    let config = Config::from_settings(settings)?;
    let ledger = Ledger::open(&config.database).await?;
    ledger.migrate().await?;
    let newest = TextFilter {
        limit: 1,
        ..TextFilter::default()
    };
    if ledger.texts(&newest).await?.is_empty() {
        fill::fill(&ledger, rows).await?;
    }
    let sid = match &ledger.texts(&newest).await?[..] {
        [text, ..] => text.sid.to_string(),
        [] => return Err("the ledger is empty".into()),
    };
    let listeners = Listeners::bind(&config).await?;
    let console = format!("http://{}/admin", listeners.public.local_addr()?);
    let shutdown = CancellationToken::new();
    let app = App::new(config, ledger);
    let serving = tokio::spawn(birdcall_web::serve(app, listeners, shutdown.clone()));

    let browser = http::client(HttpLimits {
        connect_timeout: Duration::from_secs(60),
        request_timeout: Duration::from_secs(60),
    });
    let visitor = Visitor::sign_in(browser, console).await?;
    let mut pages = visitor.menu().await?;
    pages.push(format!("/texts/{sid}"));
    pages.extend(LOOKS.map(str::to_owned));
    let mut slow = 0;
    for page in &pages {
        slow += usize::from(visitor.visit(page).await? > BOUND);
    }
    shutdown.cancel();
    serving.await??;
    sim.shutdown().await;
    println!(
        "{slow} of {} pages take longer than {} ms",
        pages.len(),
        BOUND.as_millis()
    );
    Ok(())
}

const PASSWORD: &str = "correct horse battery staple";

/// An operator who is signed in.
struct Visitor {
    browser: Client,
    console: String,
    cookie: String,
}

impl Visitor {
    async fn sign_in(browser: Client, console: String) -> Done<Self> {
        let form = [("name", "admin"), ("password", PASSWORD)];
        let answer = browser
            .post(format!("{console}/sign-in"))
            .form(&form)
            .send()
            .await?;
        let cookie = answer
            .headers()
            .get("set-cookie")
            .ok_or("the sign-in failed")?;
        let cookie = cookie
            .to_str()?
            .split(';')
            .next()
            .unwrap_or_default()
            .to_owned();
        Ok(Self {
            browser,
            console,
            cookie,
        })
    }

    async fn get(&self, page: &str) -> Done<String> {
        let request = self.browser.get(format!("{}{page}", self.console));
        let answer = request.header("cookie", &self.cookie).send().await?;
        if !answer.status().is_success() {
            return Err(format!("{page}: {}", answer.status()).into());
        }
        Ok(answer.text().await?)
    }

    /// The pages of the menu.
    async fn menu(&self) -> Done<Vec<String>> {
        let overview = self.get("").await?;
        let (_, menu) = overview.split_once("<nav").ok_or("there is no menu")?;
        let (menu, _) = menu.split_once("</nav>").ok_or("there is no menu")?;
        let links = menu.split("href=\"/admin").skip(1);
        Ok(links
            .filter_map(|link| Some(link.split('"').next()?.to_owned()))
            .collect())
    }

    /// Visits a page several times, prints how long that took, and returns the median.
    async fn visit(&self, page: &str) -> Done<Duration> {
        let mut times = Vec::with_capacity(VISITS);
        for _ in 0..VISITS {
            let watch = Stopwatch::start();
            self.get(page).await?;
            times.push(watch.elapsed());
        }
        times.sort();
        let millis = |time: Duration| time.as_secs_f64() * 1000.0;
        let median = times[VISITS / 2];
        println!(
            "/admin{page:<46} {:>8.1} ms, at most {:>8.1} ms",
            millis(median),
            millis(times[VISITS - 1])
        );
        Ok(median)
    }
}
