//! A job: the queue that it is in and the row that it wakes.

use birdcall_domain::text::{Kind, MessageSid};
use serde::{Deserialize, Serialize};

use super::Queue;

/// The payload of every job: the id of the row to look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wake {
    /// A text's sid, a reply's id, an account's id, the id of a revocation or of a replay of many, or
    /// [`PROBE`].
    pub id: String,
}

/// The id of every job that only proves that its queue is worked off. No row has it.
pub const PROBE: &str = "probe";

/// A job to push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// The queue.
    pub queue: Queue,
    /// The row.
    pub id: String,
}

impl Job {
    /// Proves that this queue is worked off.
    #[must_use]
    pub fn probe(queue: Queue) -> Self {
        Self {
            queue,
            id: PROBE.to_owned(),
        }
    }

    /// Whether this job wakes no row, and only proves that its queue is worked off.
    #[must_use]
    pub fn is_probe(&self) -> bool {
        self.id == PROBE
    }

    /// The job that works on a text of this kind.
    #[must_use]
    pub fn for_text(kind: Kind, sid: &MessageSid) -> Self {
        match kind {
            Kind::SignIn => Self::reauth(sid),
            Kind::Command => Self {
                queue: Queue::Command,
                id: sid.to_string(),
            },
            Kind::Post | Kind::Ignored => Self::tweet(sid),
        }
    }

    /// Work on a post.
    #[must_use]
    pub fn tweet(sid: &MessageSid) -> Self {
        Self {
            queue: Queue::Tweet,
            id: sid.to_string(),
        }
    }

    /// Answer a text with the sign-in link.
    #[must_use]
    pub fn reauth(sid: &MessageSid) -> Self {
        Self {
            queue: Queue::Reauth,
            id: sid.to_string(),
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

    /// Have X revoke a pair of tokens.
    #[must_use]
    pub fn revoke(id: &str) -> Self {
        Self {
            queue: Queue::Revoke,
            id: id.to_owned(),
        }
    }

    /// Run the next texts of a replay of many.
    #[must_use]
    pub fn replay(run_id: &str) -> Self {
        Self {
            queue: Queue::Replay,
            id: run_id.to_owned(),
        }
    }
}
