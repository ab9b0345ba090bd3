//! The people: they text, follow links, approve at X, and sign in again when they are asked to.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use birdcall_sim::{Direction, Sim};
use birdcall_vendors::http::{self, HttpLimits};
use futures_util::future::join_all;
use tokio::task::JoinHandle;

use crate::{
    error::DrillResult,
    texting::{Sent, SentKind, leaves, post, undoes_after},
};

/// The time between two looks at a phone.
const LOOK: Duration = Duration::from_millis(200);
/// How often a person looks for the link. After one minute it will not come.
const LOOKS_MAX: usize = 300;

/// Persons with one phone and one X account each. The simulator carries their texts.
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

    /// The number of the phone at this place.
    pub(crate) fn phone(&self, place: usize) -> &str {
        &self.phones[place]
    }

    /// The X account of the person with this phone.
    pub(crate) fn username(&self, phone: usize) -> String {
        username(&self.phones[phone])
    }

    /// The X account of the person with this number.
    pub(crate) fn username_of(&self, phone: &str) -> String {
        username(phone)
    }

    /// Each person texts, gets the link and signs in. Ten of them do so at a time.
    pub(crate) async fn sign_everyone_in(&self) -> DrillResult<()> {
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

    async fn wait_for_link(&self, phone: &str) -> DrillResult<String> {
        for _ in 0..LOOKS_MAX {
            if let Some((_, link)) = self.links().remove(phone) {
                return Ok(link);
            }
            tokio::time::sleep(LOOK).await;
        }
        Err(format!("{phone} got no link").into())
    }

    /// For each phone, the sid and the link of the latest message that contains a link.
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

    /// Presses the button on the page behind the link, approves at X, and follows X back.
    async fn follow(&self, phone: &str, link: &str) -> DrillResult<()> {
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
        let header = |name: &str| begun.headers().get(name)?.to_str().ok();
        let cookie = header("set-cookie").and_then(|cookie| cookie.split(';').next());
        let authorize =
            header("location").ok_or_else(|| format!("the button answered {}", begun.status()))?;
        let username = username(phone);
        let callback = self.sim.approve(authorize, &username).await;
        let back = browser.get(callback);
        back.header("cookie", cookie.unwrap_or_default())
            .send()
            .await?;
        Ok(())
    }

    /// A person who is asked to sign in again does so, until the returned task is aborted.
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

    /// Everyone sends one post after the other, until `posts` posts are sent, and commands among them.
    pub(crate) async fn send(&self, posts: usize) -> Vec<Sent> {
        let mut sent = Vec::new();
        let rounds = posts.div_ceil(self.phones.len().max(1));
        for number in 1..=rounds {
            let left = posts - (number - 1) * self.phones.len();
            let round = (0..self.phones.len().min(left)).map(|place| self.say(place, number));
            sent.extend(join_all(round).await.into_iter().flatten());
            // Typing takes time. Without this wait, all texts would arrive in one wave.
            tokio::time::sleep(LOOK).await;
        }
        let leaving = (0..self.phones.len()).filter(|place| leaves(*place));
        let leaving = leaving.map(|place| self.text(place, SentKind::Stop, r"\STOP".to_owned()));
        sent.extend(join_all(leaving).await);
        sent
    }

    /// Sends the post with this number, and `\UNDO` if that is this phone's habit.
    async fn say(&self, place: usize, number: usize) -> Vec<Sent> {
        let body = post(number, &self.phones[place]);
        let mut said = vec![self.text(place, SentKind::Post, body).await];
        if undoes_after(place, number) {
            said.push(self.text(place, SentKind::Undo, r"\UNDO".to_owned()).await);
        }
        said
    }

    async fn text(&self, place: usize, kind: SentKind, body: String) -> Sent {
        let phone = self.phones[place].clone();
        let sid = self.sim.text(&phone, &body).await;
        Sent {
            sid,
            phone,
            body,
            kind,
        }
    }
}

fn username(phone: &str) -> String {
    format!("user_{}", &phone[phone.len() - 6..])
}
