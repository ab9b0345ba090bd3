//! What can happen to a text that a worker holds.

use super::{Effect, Paused};
use crate::{
    account::TokenTrouble,
    call::{CallError, Trouble},
    post::Unpostable,
    rejection::XRejection,
    reply::Sentence,
};

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
        /// The version of the access token that was used.
        token_version: i64,
    },
    /// The lease no longer covered a whole call when the call was about to be made.
    LeaseOver,
    /// The account's timeline does not show it.
    NotFound,
    /// The account's timeline could not be read.
    Unreadable {
        /// Why.
        error: CallError<XRejection>,
        /// The version of the access token that was used.
        token_version: i64,
    },
    /// X has not said which account this is, so there is no timeline to read.
    UserUnknown,
    /// It may have been posted on another X account than the one that the number is linked to now.
    OtherAccount,
    /// The worker before this one died during a call.
    Died,
    /// There is no access token.
    NoToken(TokenTrouble),
    /// The queue is paused.
    Paused(Paused),
    /// It cannot be a post.
    Unpostable(Unpostable),
    /// It came with media.
    HasMedia,
    /// It came from a number that is not linked.
    NotLinked,
    /// Too many claims were not settled, or too many workers died during its call.
    Poison,
    /// It is a command, and it was carried out.
    Done {
        /// What its sender is told.
        tell: Sentence,
        /// What else is written.
        effect: Option<Effect>,
    },
    /// It is a command about a text that another worker is busy with.
    NotYet,
    /// It is `\STOP`, and X has not confirmed that the tokens are revoked.
    NotRevoked,
    /// It is a command, and X could not carry it out.
    CommandFailed {
        /// Why.
        error: CallError<XRejection>,
        /// The version of the access token that was used.
        token_version: i64,
    },
}

impl Event {
    /// A command that changes nothing but its own row.
    #[must_use]
    pub fn done(tell: Sentence) -> Self {
        Self::Done { tell, effect: None }
    }

    /// A command with an effect, which is written together with its end.
    #[must_use]
    pub fn done_with(tell: Sentence, effect: Effect) -> Self {
        Self::Done {
            tell,
            effect: Some(effect),
        }
    }

    /// One word for logs and metrics.
    #[must_use]
    pub fn class(&self) -> &'static str {
        match self {
            Self::Published { .. } => "published",
            Self::CallFailed {
                error: CallError::Rejected(XRejection::Duplicate),
                ..
            } => "duplicate",
            Self::CallFailed { error, .. } | Self::CommandFailed { error, .. } => error.class(),
            Self::LeaseOver => "lease_over",
            Self::NotFound => "not_found",
            Self::Unreadable { .. } => "unreadable",
            Self::UserUnknown => "user_unknown",
            Self::OtherAccount => "other_account",
            Self::Died => "died",
            Self::NoToken(TokenTrouble::SignInNeeded) => "sign_in_needed",
            Self::NoToken(TokenTrouble::NotLinked) => "unlinked",
            Self::NoToken(TokenTrouble::Busy) => "token_busy",
            Self::NoToken(TokenTrouble::Unavailable) => "token_unavailable",
            Self::NoToken(TokenTrouble::AppRefused) => "token_app_refused",
            Self::Paused(_) => "paused",
            Self::Unpostable(_) => "unpostable",
            Self::HasMedia => "media",
            Self::NotLinked => "not_linked",
            Self::Poison => "poison",
            Self::Done { .. } => "done",
            Self::NotYet => "not_yet",
            Self::NotRevoked => "not_revoked",
        }
    }
}

/// The outcome of a call as the attempt's record keeps it: a word and, on failure, a sentence.
#[must_use]
pub fn attempt_outcome(event: &Event) -> (&'static str, Option<String>) {
    match event {
        Event::Published { .. } => ("published", None),
        Event::CallFailed { error, .. } => (error.class(), Some(error.to_string())),
        Event::LeaseOver => (
            "not_sent",
            Some("the lease ended before the call could be made".to_owned()),
        ),
        // The attempt was not settled before: the worker that made it died.
        Event::Died | Event::Poison => (
            "in_doubt",
            Some(CallError::<XRejection>::InDoubt(Trouble::WorkerDied).to_string()),
        ),
        _ => ("done", None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An attempt that is still open when its text is claimed again was made by a worker that died.
    #[test]
    fn the_attempt_of_a_dead_worker_is_in_doubt() {
        for event in [Event::Died, Event::Poison] {
            let (outcome, error) = attempt_outcome(&event);
            assert_eq!(outcome, "in_doubt", "{event:?}");
            assert!(error.is_some_and(|error| error.contains("died")));
        }
    }
}
