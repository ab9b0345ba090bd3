//! What happens in a story: people text, time passes, work is done, X goes away.

use std::{sync::Arc, time::Duration};

use birdcall_common::{config::Config, vault::SecretKeys};
use birdcall_domain::{
    clock::{Clock as _, SharedClock, Timestamp},
    unlinking::Unlinking,
};
use birdcall_ledger::{
    audit::By,
    queue::{JobFilter, JobState, Queue},
};
use birdcall_vendors::twilio::signature::sign;
use birdcall_worker as worker;
use secrecy::SecretString;

use super::{browser::Page, start::App};

impl App {
    /// A phone texts, and Twilio's webhook is delivered. No worker does anything yet.
    pub(crate) async fn text(&self, from: &str, body: &str) -> String {
        let sid = self.sim.text(from, body).await;
        self.sim.deliver().await;
        sid
    }

    /// A worker works until nothing more is due at this moment.
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

    /// A phone texts, and everything happens that follows from it at this moment.
    pub(crate) async fn says(&self, from: &str, body: &str) -> String {
        let sid = self.text(from, body).await;
        self.settle().await;
        sid
    }

    /// Time passes in one step. Then everything happens that is due.
    pub(crate) async fn later(&self, by: Duration) {
        self.clock.advance(by);
        worker::sweep(&self.worker).await.expect("the ledger");
        self.settle().await;
    }

    /// Time passes from one moment at which something is due to the next. At each, a worker sweeps
    /// and does what is due.
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

    /// The time at which something is due next: a job, or a text without a job, which the sweep
    /// finds.
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

    /// From now on, no connection to X can be made.
    pub(crate) fn cut_x_off(&mut self) {
        let mut config = self.config.clone();
        config.x.api_url = "http://127.0.0.1:1".parse().expect("a URL");
        self.replace_worker(config);
    }

    /// An operator does something.
    pub(crate) fn by<'a>(&self, audit_id: &'a str) -> By<'a> {
        By {
            actor: "olivia",
            reason: "",
            audit_id,
        }
    }

    /// An operator unlinks a number that is linked.
    pub(crate) async fn unlinks(&self, number: &str) {
        let phone = number.parse().expect("a phone");
        let unlinked = self.ledger.unlink(&phone, self.by("unlink"), self.now());
        assert_ne!(unlinked.await.expect("the ledger"), Unlinking::NotLinked);
    }

    /// An operator pauses a queue. Returns whether that changed anything.
    pub(crate) async fn pauses(&self, queue: Queue) -> bool {
        let id = self.random.token(12);
        let change = self.ledger.pause_queue(queue, self.by(&id), self.now());
        change.await.expect("the ledger").changed
    }

    /// An operator resumes a queue. Returns whether that changed anything.
    pub(crate) async fn resumes(&self, queue: Queue) -> bool {
        let id = self.random.token(12);
        let change = self.ledger.resume_queue(queue, self.by(&id), self.now());
        change.await.expect("the ledger").changed
    }

    /// X can be reached again.
    pub(crate) fn reconnect_x(&mut self) {
        self.replace_worker(self.config.clone());
    }

    /// From now on, the worker has another `SECRET_KEY`.
    pub(crate) fn lose_the_key(&mut self) {
        let mut config = self.config.clone();
        config.secret_keys = SecretKeys::new(vec![[9; 32]]).expect("a key");
        self.replace_worker(config);
    }

    fn replace_worker(&mut self, config: Config) {
        let clock: SharedClock = Arc::new(self.clock.clone());
        let random = Arc::clone(&self.random);
        self.worker = worker::Context::with(config, self.ledger.clone(), clock, random);
    }

    /// Twilio posts a signed form to a path below the public address.
    pub(crate) async fn twilio_posts(&self, path: &str, pairs: &[(&str, &str)]) -> Page {
        let url = format!("{}{path}", self.url);
        let signature = self.signature(&url, pairs);
        let request = self.browser.post(&url).form(pairs);
        Page::of(request.header("X-Twilio-Signature", signature)).await
    }

    /// Twilio's signature of a form that is posted to `url`.
    pub(crate) fn signature(&self, url: &str, pairs: &[(&str, &str)]) -> String {
        let token: &SecretString = &self.config.twilio.auth_token;
        let pairs: Vec<(String, String)> = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        sign(token, url, &pairs)
    }
}
