//! What settling a text is asked, and what it answers: where the text stands, what happened to it, and
//! what to write.

use std::time::Duration;

use super::{
    account::TokenTrouble,
    backoff::Backoff,
    call::{CallError, Trouble, XRejection},
    post::Unpostable,
    reply::Sentence,
    text::{Reason, TextState},
};
use crate::clock::Timestamp;

/// The limits that decide how long and how often.
#[derive(Clone, Debug)]
pub struct Policy {
    /// `RETRY_DELAY_MIN`, `RETRY_DELAY_MAX`.
    pub backoff: Backoff,
    /// `RESOLVE_DELAYS`: the timeline is read after each of these, counted from the last event.
    pub resolve_delays: Vec<Duration>,
    /// `LATE_AFTER`: a text that is this old and not posted gets one notice.
    pub late_after: Duration,
    /// `SIGN_IN_WAIT_MAX`: how long a text waits for its owner to sign in.
    pub sign_in_wait_max: Duration,
}

/// What settling needs to know of a text; all of it is on the row.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// Whether it is a command, not a post.
    pub is_command: bool,
    /// Where it stands (as the claim found it).
    pub state: TextState,
    /// And why.
    pub reason: Option<Reason>,
    /// When it arrived.
    pub received_at: Timestamp,
    /// After this it is given up.
    pub deadline_at: Timestamp,
    /// Transient failures in a row.
    pub failures: u32,
    /// Workers that died with an armed call for it.
    pub deaths: u32,
    /// Timeline reads since the last unknown outcome.
    pub checks: u32,
    /// Whether some attempt's outcome was unknown.
    pub doubted: bool,
    /// The version of the access token that X answered 401 to, once in a row.
    pub unauthorized_version: Option<i64>,
}

/// What happened to a text that a worker holds.
#[derive(Clone, Debug)]
pub enum Event {
    /// X answered 201 with an id, or the timeline shows the post.
    Published {
        /// X's id.
        post_id: String,
    },
    /// Creating the post failed.
    CallFailed {
        /// How.
        error: CallError<XRejection>,
        /// The version of the token that was used.
        token_version: i64,
    },
    /// The account's timeline does not show it.
    NotFound,
    /// The account's timeline can't be read.
    Unreadable {
        /// Why.
        error: CallError<XRejection>,
        /// The version of the token that was used.
        token_version: i64,
    },
    /// The worker before us died with an armed attempt.
    Died,
    /// No access token.
    NoToken(TokenTrouble),
    /// The queue is paused until then.
    Paused {
        /// When to look again.
        until: Timestamp,
        /// Why it is paused.
        reason: Reason,
    },
    /// It can't be a post.
    Unpostable(Unpostable),
    /// It has media.
    HasMedia,
    /// It came from a number that is not linked.
    NotLinked,
    /// It was claimed too often without being settled.
    Poison,
    /// It is a command and was done.
    Done(Sentence),
    /// It is a command that X could not carry out just now.
    CommandFailed {
        /// Why.
        error: CallError<XRejection>,
        /// The version of the token that was used; 0 when none was.
        token_version: i64,
    },
}

/// Everything that posting waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pause {
    /// Why.
    pub reason: Reason,
    /// Until then, if X said so.
    pub until: Option<Timestamp>,
}

/// What to write.
#[derive(Clone, Debug, PartialEq)]
pub struct Settlement {
    /// The new state.
    pub state: TextState,
    /// Why.
    pub reason: Option<Reason>,
    /// When it is looked at again; `None` when nothing more happens by itself.
    pub next_attempt_at: Option<Timestamp>,
    /// After this it is given up.
    pub deadline_at: Timestamp,
    /// Transient failures in a row.
    pub failures: u32,
    /// Workers that died with an armed call for it.
    pub deaths: u32,
    /// Timeline reads since the last unknown outcome.
    pub checks: u32,
    /// Whether some attempt's outcome was unknown.
    pub doubted: bool,
    /// The token version that X answered 401 to.
    pub unauthorized_version: Option<i64>,
    /// X's id, when it is posted.
    pub post_id: Option<String>,
    /// What the phone is told.
    pub tell: Option<Sentence>,
    /// Posting stops for everybody.
    pub pause: Option<Pause>,
    /// The account's owner must sign in again.
    pub needs_sign_in: bool,
}

impl Settlement {
    /// What would wait for its owner's sign-in goes on at once, since that has been made: nobody is
    /// asked for it, and the text has the time that it had.
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
            unauthorized_version: None,
            tell: None,
            ..self
        }
    }
}

/// The outcome of a call as the attempt's record keeps it: a word and, on failure, a sentence.
#[must_use]
pub fn attempt_outcome(event: &Event) -> (&'static str, Option<String>) {
    match event {
        Event::Published { .. } => ("published", None),
        Event::CallFailed { error, .. } => (error.class(), Some(error.to_string())),
        Event::Died => (
            "in_doubt",
            Some(CallError::<XRejection>::InDoubt(Trouble::WorkerDied).to_string()),
        ),
        _ => ("done", None),
    }
}
