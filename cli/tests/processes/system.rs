//! A whole Birdcall: web and workers as processes, and the simulator in the process of the test.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use birdcall_domain::{clock::SystemClock, random::SystemRandom};
use birdcall_sim::{Delivery, Direction, Sim, SimConfig};
use birdcall_vendors::http::{self, HttpLimits};
use futures_util::future::join_all;
use reqwest::Client;
use serde_json::Value;

use crate::{
    program::{Log, Program, Ran, Settings, WEB, WORKER, address_in, lines, run},
    proxy::Proxy,
    waiting::{LIMIT, eventually, until},
};

/// The phone that most tests are about.
pub(crate) const ALICE: &str = "+15550001111";

/// The key that seals tokens, as 32 bytes in base64.
pub(crate) const SECRET_KEY: &str = "QmlyZGNhbGwgdGVzdHMgc2VhbCB0b2tlbnMgd2l0aCE=";

/// A whole Birdcall, or the parts of it that were started.
pub(crate) struct System {
    /// The simulated X and Twilio. They use the clock of the machine.
    pub(crate) sim: Sim,
    /// The settings of programs that are started from now on.
    pub(crate) settings: Settings,
    proxy: Proxy,
    pub(crate) browser: Client,
    logs: Mutex<Vec<Log>>,
}

impl System {
    /// Prepares everything except the processes.
    pub(crate) async fn prepare(database_url: &str) -> Self {
        let proxy = Proxy::start().await;
        let url = proxy.url();
        let config = SimConfig {
            clock: Arc::new(SystemClock),
            random: Arc::new(SystemRandom),
            webhook_url: format!("{url}/twilio/message#rc=0"),
            redirect_uris: vec![format!("{url}/auth/callback")],
            delivery: Delivery::Background,
            ..SimConfig::for_tests()
        };
        let sim = Sim::start(config.clone())
            .await
            .expect("the simulator starts");
        let settings = [
            ("DATABASE_URL", database_url.to_owned()),
            ("PUBLIC_URL", url),
            ("LISTEN_ADDR", "127.0.0.1:0".to_owned()),
            ("METRICS_LISTEN_ADDR", "127.0.0.1:0".to_owned()),
            ("WORKER_LISTEN_ADDR", "127.0.0.1:0".to_owned()),
            ("SECRET_KEY", SECRET_KEY.to_owned()),
            ("SIGNUP", "open".to_owned()),
            ("USER", "olivia".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value));
        let settings = settings.into_iter().chain(config.settings(&sim.url()));
        Self {
            settings: settings.collect(),
            sim,
            proxy,
            browser: http::client(HttpLimits {
                connect_timeout: LIMIT,
                request_timeout: LIMIT,
            }),
            logs: Mutex::default(),
        }
    }

    /// Starts web and a worker.
    pub(crate) async fn start(database_url: &str) -> (Self, Program, Program) {
        let system = Self::prepare(database_url).await;
        let web = system.start_web().await;
        let worker = system.start_worker().await;
        (system, web, worker)
    }

    /// Changes a setting of programs that are started from now on.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.settings.insert(name.to_owned(), value.to_owned());
    }

    /// Starts `birdcall-web` behind the public address, and waits until the schema is up to date.
    pub(crate) async fn start_web(&self) -> Program {
        let web = self.launch(WEB).await;
        self.proxy.forward_to(web.address);
        until("the schema is up to date", async || {
            self.birdcall(&["texts", "list"]).await.code == Some(0)
        })
        .await;
        web
    }

    /// Starts `birdcall-web` without waiting for the schema.
    pub(crate) async fn launch_web(&self) -> Program {
        self.launch(WEB).await
    }

    /// Starts one more `birdcall-worker`.
    pub(crate) async fn start_worker(&self) -> Program {
        self.launch(WORKER).await
    }

    async fn launch(&self, name: &str) -> Program {
        let program = Program::start(name, &self.settings).await;
        let mut logs = self.logs.lock().unwrap_or_else(PoisonError::into_inner);
        logs.push(Arc::clone(program.log()));
        program
    }

    /// Runs `birdcall` with these arguments.
    pub(crate) async fn birdcall(&self, arguments: &[&str]) -> Ran {
        run("birdcall", arguments, &self.settings).await
    }

    /// Runs `birdcall … --json`, which must succeed, and returns what it prints.
    pub(crate) async fn json(&self, arguments: &[&str]) -> Value {
        let arguments = [arguments, &["--json"]].concat();
        let ran = self.birdcall(&arguments).await;
        assert_eq!(ran.code, Some(0), "{arguments:?}: {}", ran.err);
        serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {}", ran.out))
    }

    /// What `birdcall texts show` prints, or `None` if the text is not in the ledger (yet).
    pub(crate) async fn text(&self, sid: &str) -> Option<Value> {
        let ran = self.birdcall(&["texts", "show", sid, "--json"]).await;
        serde_json::from_str(&ran.out).ok()
    }

    /// Waits until a text is in this state, and returns it.
    pub(crate) async fn text_once(&self, sid: &str, state: &str) -> Value {
        eventually(&format!("{sid} is {state}"), async || {
            let text = self.text(sid).await?;
            (text["state"] == state).then_some(text)
        })
        .await
    }

    /// Waits until the reply to a text has arrived on the phone, and returns the text.
    pub(crate) async fn text_once_told(&self, sid: &str) -> Value {
        eventually(&format!("the reply to {sid} is delivered"), async || {
            let text = self.text(sid).await?;
            (text["reply"]["delivery"] == "delivered").then_some(text)
        })
        .await
    }

    /// Every text in the ledger.
    pub(crate) async fn texts(&self) -> Vec<Value> {
        let listed = self.json(&["texts", "list", "--limit", "1000000"]).await;
        listed.as_array().expect("an array").clone()
    }

    /// A phone signs in as `username` at X, from its first text to the confirmation.
    pub(crate) async fn link(&self, phone: &str, username: &str) {
        let url = self.proxy.url();
        let links = || {
            let replies = self.sim.replies_to(phone).into_iter();
            let words = replies.filter_map(|reply| {
                let link = reply.split(' ').find(|word| word.starts_with(&url))?;
                Some(link.to_owned())
            });
            words.collect::<Vec<String>>()
        };
        // A link that led to a sign-in is dead.
        let old = links().len();
        self.sim.text(phone, "anything").await;
        let link = eventually(&format!("{phone} gets the link"), async || {
            links().into_iter().nth(old)
        })
        .await;
        let page = self.browser.get(&link).send().await.expect("web answers");
        assert_eq!(page.status(), 200);
        let link: url::Url = link.parse().expect("a URL");
        let form: Vec<(String, String)> = link.query_pairs().into_owned().collect();
        let start = self.browser.post(format!("{url}/auth/start")).form(&form);
        let started = start.send().await.expect("web answers");
        assert_eq!(started.status(), 303);
        let authorize = started.headers()["location"].to_str().expect("text");
        let cookie = started.headers()["set-cookie"].to_str().expect("text");
        let cookie = cookie.split(';').next().expect("a cookie");
        let callback = self.sim.approve(authorize, username).await;
        let page = self
            .browser
            .get(callback)
            .header("cookie", cookie)
            .send()
            .await
            .expect("web answers");
        assert_eq!(page.status(), 200);
        until(&format!("{phone} is told that it is linked"), async || {
            let replies = self.sim.replies_to(phone);
            replies.iter().any(|reply| reply.starts_with("Signed in"))
        })
        .await;
    }

    /// This many phones sign in, all at the same time.
    pub(crate) async fn link_phones(&self, count: usize) -> Vec<String> {
        let phones: Vec<String> = (0..count).map(|n| format!("+1555001{n:04}")).collect();
        let linked = phones.iter().enumerate().map(async |(n, phone)| {
            self.link(phone, &format!("user{n}")).await;
        });
        join_all(linked).await;
        phones
    }

    /// The posts on X, oldest first.
    pub(crate) fn posts(&self) -> Vec<String> {
        self.sim.posts().into_iter().map(|post| post.text).collect()
    }

    /// How often an endpoint of the simulator was called.
    pub(crate) fn calls(&self, endpoint: &str) -> usize {
        let requests = self.sim.requests();
        let calls = requests.iter().filter(|call| call.endpoint == endpoint);
        calls.count()
    }

    /// The number of calls to an endpoint that are not answered yet.
    pub(crate) fn under_way(&self, endpoint: &str) -> usize {
        let requests = self.sim.requests();
        let open = requests
            .iter()
            .filter(|call| call.endpoint == endpoint && call.status.is_none());
        open.count()
    }

    /// Fetches a page from the program's own address, and returns its status and body.
    pub(crate) async fn get(&self, program: &Program, path: &str) -> (u16, String) {
        let url = format!("http://{}{path}", program.address);
        let answer = self
            .browser
            .get(url)
            .send()
            .await
            .expect("the program answers");
        let status = answer.status().as_u16();
        (status, answer.text().await.expect("text"))
    }

    /// Posts nothing to the program's own address, and returns the status of the answer.
    pub(crate) async fn post(&self, program: &Program, path: &str) -> u16 {
        let url = format!("http://{}{path}", program.address);
        let answer = self.browser.post(url).send().await;
        answer.expect("the program answers").status().as_u16()
    }

    /// Posts a form to the program's own address, and returns the status of the answer.
    pub(crate) async fn post_form(
        &self,
        program: &Program,
        path: &str,
        form: &[(&str, &str)],
    ) -> u16 {
        let url = format!("http://{}{path}", program.address);
        let answer = self.browser.post(url).form(form).send().await;
        answer.expect("the program answers").status().as_u16()
    }

    /// What web shows at the address of its metrics.
    pub(crate) async fn metrics(&self, web: &Program) -> String {
        let logged = lines(web.log());
        let line = logged.iter().find(|line| line.contains("(metrics)"));
        let line = line.expect("web logs the address of its metrics");
        let address = address_in(line).expect("an address");
        let url = format!("http://{address}/metrics");
        let answer = self.browser.get(url).send().await.expect("web answers");
        answer.text().await.expect("text")
    }

    /// Ends the test. It fails if a program wrote anything private, or sent a request that it must
    /// never send.
    pub(crate) async fn end(self) {
        let counters = self.sim.counters();
        assert_eq!(counters.unexpected_requests, 0);
        assert_eq!(counters.reused_refresh_tokens, 0);
        assert_eq!(counters.invalid_signatures, 0);
        let mut private: BTreeSet<String> = ["TWILIO_AUTH_TOKEN", "X_CLIENT_SECRET", "SECRET_KEY"]
            .map(|name| self.settings[name].clone())
            .into();
        for message in self.sim.messages() {
            if message.direction == Direction::Inbound {
                private.insert(message.from);
                private.insert(message.body);
            }
        }
        let logs = self.logs.into_inner();
        let logs = logs.unwrap_or_else(PoisonError::into_inner);
        for line in logs.iter().flat_map(lines) {
            for secret in &private {
                assert!(!line.contains(secret.as_str()), "'{secret}' is in: {line}");
            }
        }
        tokio::time::timeout(Duration::from_secs(10), self.sim.shutdown())
            .await
            .expect("the simulator stops");
    }
}
