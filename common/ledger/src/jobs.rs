//! The contract between web and worker: what a job carries and which queue it is in.
//!
//! A job is a wake-up call: it carries the id of a row and nothing else, so nothing in a queue is
//! ever stale or secret.

use serde::{Deserialize, Serialize};

/// A queue. Names are given by hand: apalis would use Rust's type paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Queue {
    /// Work on a text: post it, resolve it, carry out a command.
    Tweet,
    /// Answer a text with the sign-in link.
    Reauth,
    /// Send a reply.
    Reply,
    /// Refresh an account's tokens.
    Refresh,
}

impl Queue {
    /// Every queue.
    pub const ALL: [Self; 4] = [Self::Tweet, Self::Reauth, Self::Reply, Self::Refresh];

    /// The name in the jobs table.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Tweet => "tweet",
            Self::Reauth => "reauth",
            Self::Reply => "reply",
            Self::Refresh => "refresh",
        }
    }

    /// Reads a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|queue| queue.name() == name)
    }
}

/// The payload of every job: the id of the row to look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wake {
    /// A text's sid, a reply's id or an account's id.
    pub id: String,
}

/// A job to enqueue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Where to.
    pub queue: Queue,
    /// Which row.
    pub id: String,
}

impl Job {
    /// The job that works on a text of this kind.
    #[must_use]
    pub fn for_text(kind: &str, sid: &str) -> Self {
        if kind == "sign_in" {
            Self::reauth(sid)
        } else {
            Self::tweet(sid)
        }
    }

    /// Work on a text.
    #[must_use]
    pub fn tweet(sid: &str) -> Self {
        Self {
            queue: Queue::Tweet,
            id: sid.to_owned(),
        }
    }

    /// Answer a text with the sign-in link.
    #[must_use]
    pub fn reauth(sid: &str) -> Self {
        Self {
            queue: Queue::Reauth,
            id: sid.to_owned(),
        }
    }

    /// Send a reply.
    #[must_use]
    pub fn reply(id: &str) -> Self {
        Self {
            queue: Queue::Reply,
            id: id.to_owned(),
        }
    }

    /// Refresh an account's tokens.
    #[must_use]
    pub fn refresh(account_id: &str) -> Self {
        Self {
            queue: Queue::Refresh,
            id: account_id.to_owned(),
        }
    }
}
