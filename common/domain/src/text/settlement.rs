//! What settling a text needs to know, and what it decides to write.

use std::time::Duration;

use super::{Kind, MessageSid, Reason, TextState};
use crate::{
    account::{Need, Revocation},
    backoff::Backoff,
    clock::Timestamp,
    reply::Sentence,
};

/// The limits that decide how long and how often Birdcall tries.
#[derive(Clone, Debug)]
pub struct Policy {
    /// `RETRY_DELAY_MIN`, `RETRY_DELAY_MAX`.
    pub backoff: Backoff,
    /// `RESOLVE_DELAYS`: the timeline is read after each of these, counted from the last event.
    pub resolve_delays: Vec<Duration>,
    /// `LATE_AFTER`: the sender of a text that is this old and not posted gets one notice.
    pub late_after: Duration,
    /// `SIGN_IN_WAIT_MAX`: how long a text waits for its owner to sign in.
    pub sign_in_wait_max: Duration,
    /// `REFUSED_TOKEN_PAUSE`: an access token that X refuses for this long is over.
    pub refused_token_pause: Duration,
}

/// How far a text has come; all of it is on its row.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// What is done with it.
    pub kind: Kind,
    /// Its state when it was claimed.
    pub state: TextState,
    /// The reason for the state.
    pub reason: Option<Reason>,
    /// When it arrived.
    pub received_at: Timestamp,
    /// After this it is given up.
    pub deadline_at: Timestamp,
    /// When it is due; `None` when nothing more is going to happen.
    pub next_attempt_at: Option<Timestamp>,
    /// Earlier claims that nobody settled.
    pub claims: u32,
    /// Workers that died during a call for it.
    pub deaths: u32,
    /// Passing failures in a row.
    pub failures: u32,
    /// Reads of the timeline since the last unknown outcome.
    pub checks: u32,
    /// When the next read of the timeline was planned. An earlier one (an operator may bring it
    /// forward) proves nothing if it does not find the post.
    pub look_due_at: Option<Timestamp>,
    /// Whether the outcome of any attempt was unknown.
    pub doubted: bool,
    /// The 401s in a row.
    pub unauthorized: Option<Unauthorized>,
}

/// What X's 401s in a row say of an access token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unauthorized {
    /// The version of the token that X refused.
    pub version: i64,
    /// When X first refused it.
    pub since: Timestamp,
    /// When X last refused it.
    pub last: Timestamp,
}

impl Unauthorized {
    /// X refused this version at `now`, for the first time.
    #[must_use]
    pub fn first(version: i64, now: Timestamp) -> Self {
        Self {
            version,
            since: now,
            last: now,
        }
    }

    /// The access token that is wanted next.
    #[must_use]
    pub fn need(self) -> Need {
        Need::NewerThan {
            version: self.version,
            refused_for: self.last.since(self.since),
        }
    }
}

/// A reason for all posting to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pause {
    /// Why.
    pub reason: Reason,
    /// Until then, if X said so.
    pub until: Option<Timestamp>,
}

/// What a text finds when posting is paused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paused {
    /// When to look again.
    pub until: Timestamp,
    /// Why it is paused.
    pub reason: Reason,
    /// When X said that it would end, if X said so.
    pub promised: Option<Timestamp>,
}

/// What a command changes besides its own row. It is written in the transaction that settles the
/// command, so a command whose worker dies is carried out once or not at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Takes back a text that is not posted and that no worker holds.
    TakeBack(MessageSid),
    /// Notes that a post was deleted from X.
    Undone(MessageSid),
    /// Posts a text whose outcome stayed unknown again.
    Retry {
        /// Which text.
        sid: MessageSid,
        /// After this it is given up.
        deadline_at: Timestamp,
    },
    /// Deletes what is known of the command's number.
    Forget {
        /// The id of the audit's entry.
        audit_id: String,
        /// What happened at X.
        revocation: Revocation,
        /// The account whose tokens X was to revoke, and their version; `None` when there was none.
        revoked: Option<(String, i64)>,
    },
}

/// What to write.
#[derive(Clone, Debug, PartialEq)]
pub struct Settlement {
    /// The new state.
    pub state: TextState,
    /// The reason for it.
    pub reason: Option<Reason>,
    /// When it is due again; `None` when nothing more is going to happen.
    pub next_attempt_at: Option<Timestamp>,
    /// After this it is given up.
    pub deadline_at: Timestamp,
    /// Passing failures in a row.
    pub failures: u32,
    /// Workers that died during a call for it.
    pub deaths: u32,
    /// Reads of the timeline since the last unknown outcome.
    pub checks: u32,
    /// When the next read of the timeline is planned.
    pub look_due_at: Option<Timestamp>,
    /// Whether the outcome of any attempt was unknown.
    pub doubted: bool,
    /// The 401s in a row.
    pub unauthorized: Option<Unauthorized>,
    /// X's id, once it is posted.
    pub post_id: Option<String>,
    /// What its sender is told.
    pub tell: Option<Sentence>,
    /// What a command changes besides its own row.
    pub effect: Option<Effect>,
    /// A reason for all posting to wait.
    pub pause: Option<Pause>,
    /// Whether the owner of the account has to sign in again.
    pub needs_sign_in: bool,
}

impl Settlement {
    /// The settlement when the owner turns out to have signed in since the text was claimed: it
    /// goes on at once, nobody is asked to sign in, and it keeps the time that it had.
    #[must_use]
    pub fn signed_in(self, deadline_at: Timestamp, now: Timestamp) -> Self {
        let state = match self.state {
            TextState::Waiting => TextState::Received,
            state => state,
        };
        Self {
            state,
            reason: None,
            next_attempt_at: Some(now),
            deadline_at,
            unauthorized: None,
            tell: None,
            ..self
        }
    }

    /// The settlement when the operator turns out to have resumed the queue that the text was to wait
    /// for: it is due at once.
    #[must_use]
    pub fn resumed(self, now: Timestamp) -> Self {
        Self {
            next_attempt_at: Some(now),
            ..self
        }
    }
}
