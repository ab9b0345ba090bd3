//! The people: they text, follow links, approve at X, and start again when asked to.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use birdcall_sim::{Direction, Sim};
use birdcall_vendors::http::{self, HttpLimits};
use futures_util::future::join_all;
use tokio::task::JoinHandle;

use crate::Trouble;

/// How often people look at their phones.
const LOOK: Duration = Duration::from_millis(200);
/// A link that does not come in so many looks never comes.
const LOOKS_MAX: usize = 300;

/// A text that was sent.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) sid: String,
    pub(crate) phone: String,
    pub(crate) body: String,
}

#[derive(Clone)]
pub(crate) struct People {
    sim: Sim,
    url: Arc<str>,
    phones: Arc<[String]>,
}

impl People {
    pub(crate) fn new(sim: &Sim, url: &str, count: usize) -> Self {
        let phones = (0..count)
            .map(|n| format!("+1555{:07}", 1_000_000 + n))
            .collect();
        Self {
            sim: sim.clone(),
            url: url.into(),
            phones,
        }
    }

    /// The X account of the person with this phone.
    pub(crate) fn username(&self, phone: usize) -> String {
        username(&self.phones[phone])
    }

    /// Everybody texts, gets the link and signs in.
    pub(crate) async fn sign_everybody_in(&self) -> Result<(), Trouble> {
        for chunk in self.phones.chunks(10) {
            let signing_in = chunk.iter().map(|phone| async move {
                self.sim.text(phone, "hello?").await;
                let link = self.wait_for_link(phone).await?;
                self.follow(phone, &link).await
            });
            for outcome in join_all(signing_in).await {
                outcome?;
            }
        }
        Ok(())
    }

    async fn wait_for_link(&self, phone: &str) -> Result<String, Trouble> {
        for _ in 0..LOOKS_MAX {
            if let Some((_, link)) = self.links().remove(phone) {
                return Ok(link);
            }
            tokio::time::sleep(LOOK).await;
        }
        Err(format!("no link came to {phone}").into())
    }

    /// The latest message with a link to each phone.
    fn links(&self) -> HashMap<String, (String, String)> {
        let mut links = HashMap::new();
        for message in self.sim.messages() {
            let link = message
                .body
                .split(' ')
                .find(|word| word.starts_with(&*self.url));
            if let (Direction::OutboundApi, Some(link)) = (message.direction, link) {
                links.insert(message.to, (message.sid, link.to_owned()));
            }
        }
        links
    }

    /// Opens the link, presses the button, approves, comes back.
    async fn follow(&self, phone: &str, link: &str) -> Result<(), Trouble> {
        let limits = HttpLimits {
            connect_timeout: Duration::from_secs(2),
            request_timeout: Duration::from_secs(10),
        };
        let browser = http::client(limits);
        let query = link
            .split_once('?')
            .map(|(_, query)| query.to_owned())
            .unwrap_or_default();
        let begun = browser
            .post(format!("{}/auth/start", self.url))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(query)
            .send()
            .await?;
        let location = begun
            .headers()
            .get("location")
            .and_then(|value| value.to_str().ok());
        let authorize =
            location.ok_or_else(|| format!("the button answered {}", begun.status()))?;
        let username = username(phone);
        let callback = self.sim.approve(authorize, &username).await;
        browser.get(callback).send().await?;
        Ok(())
    }

    /// Whoever is asked to sign in again does so, until the drill ends.
    pub(crate) fn keep_signing_in(&self) -> JoinHandle<()> {
        let people = self.clone();
        let mut done: HashSet<String> = people.links().into_values().map(|(sid, _)| sid).collect();
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(LOOK).await;
                for (phone, (sid, link)) in people.links() {
                    if !done.contains(&sid) && people.follow(&phone, &link).await.is_ok() {
                        done.insert(sid);
                    }
                }
            }
        })
    }

    /// Everybody texts, one text after the other; no two texts are alike.
    pub(crate) async fn send(&self, texts: usize) -> Vec<Sent> {
        let mut sent = Vec::new();
        let mut number = 0;
        while sent.len() < texts {
            number += 1;
            let round = self
                .phones
                .iter()
                .take(texts - sent.len())
                .map(|phone| async move {
                    let body = format!("text {number} of {phone}");
                    let sid = self.sim.text(phone, &body).await;
                    Sent {
                        sid,
                        phone: phone.clone(),
                        body,
                    }
                });
            sent.extend(join_all(round).await);
            // People type; the queue must not be one wave.
            tokio::time::sleep(LOOK).await;
        }
        sent
    }
}

fn username(phone: &str) -> String {
    format!("user_{}", &phone[phone.len() - 6..])
}
