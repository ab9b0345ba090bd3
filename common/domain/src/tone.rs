//! How good or bad something is, for the colours and marks of the command and the console.

use crate::{
    reply::ReplyState,
    text::{Reason, TextState},
    words::words,
};

words! {
    /// How good or bad something is. It is never told by colour alone.
    pub enum Tone {
        /// Neither.
        Plain = "plain",
        /// It went as it should.
        Good = "good",
        /// It is not over.
        Waiting = "waiting",
        /// It went wrong.
        Bad = "bad",
        /// It matters least.
        Quiet = "quiet",
    }
}

impl Tone {
    /// Of a text in this state.
    #[must_use]
    pub fn of_text(state: TextState, reason: Option<Reason>) -> Self {
        match (state, reason) {
            // The answer was the sign-in link, as it should be.
            (TextState::Refused, Some(Reason::NotLinked)) => Self::Quiet,
            (TextState::Published | TextState::Command, _) => Self::Good,
            (TextState::Received | TextState::Waiting | TextState::Publishing, _) => Self::Waiting,
            (TextState::InDoubt | TextState::Refused | TextState::Failed, _) => Self::Bad,
            (TextState::Ignored, _) => Self::Quiet,
        }
    }

    /// Of a reply in this state.
    #[must_use]
    pub fn of_reply(state: ReplyState) -> Self {
        match state {
            ReplyState::Sent => Self::Good,
            ReplyState::Failed => Self::Bad,
            ReplyState::Suppressed => Self::Quiet,
            ReplyState::Queued | ReplyState::Sending | ReplyState::InDoubt => Self::Waiting,
        }
    }
}
