//! A text: its names, its life from arrival to its final state, and the order of one phone's texts.

mod attempt;
mod ending;
mod event;
mod order;
mod replay;
mod settle;
mod settlement;
mod shortage;
mod verdict;
mod whose;

use std::{fmt, str::FromStr};

use thiserror::Error;

pub use attempt::AttemptOutcome;
pub use ending::{Ending, cancel, give_up};
pub use event::{Event, attempt_outcome};
pub use order::{Earlier, Waiter, blocks, first_to_wait_for};
pub use replay::{Replay, replay, replay_of};
pub use settle::settle;
pub use settlement::{Effect, Pause, Paused, Policy, Progress, Settlement, Unauthorized};
pub use shortage::{Call, Measure, Shortage, measure};
pub use verdict::verdict;
pub use whose::{DoubtfulCall, LinkedTo, Whose, whose};

use crate::words::words;

/// Twilio's name for an inbound message: `SM` or `MM` and 32 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MessageSid(String);

/// What is wrong with something that should be a message sid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a message sid is SM or MM followed by 32 hexadecimal digits")]
pub struct InvalidMessageSid;

impl MessageSid {
    /// The sid as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for MessageSid {
    type Err = InvalidMessageSid;

    fn from_str(value: &str) -> Result<Self, InvalidMessageSid> {
        let digits = value
            .strip_prefix("SM")
            .or_else(|| value.strip_prefix("MM"));
        match digits {
            Some(digits) if digits.len() == 32 && digits.bytes().all(|b| b.is_ascii_hexdigit()) => {
                Ok(Self(value.to_owned()))
            }
            _ => Err(InvalidMessageSid),
        }
    }
}

impl fmt::Display for MessageSid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

words! {
    /// What Birdcall does with a text.
    pub enum Kind {
        /// It is posted on X.
        Post = "post",
        /// It is a command, such as `\UNDO`.
        Command = "command",
        /// It comes from a number that is not linked and is answered with the sign-in link.
        SignIn = "sign_in",
        /// It is recorded and nothing else.
        Ignored = "ignored",
    }
}

words! {
    /// The state of a text.
    pub enum TextState {
        /// It will be posted, or carried out if it is a command.
        Received = "received",
        /// It waits; the reason says for what.
        Waiting = "waiting",
        /// The call that posts it was announced in the ledger and may be under way.
        Publishing = "publishing",
        /// It is on X.
        Published = "published",
        /// X or Birdcall refused it for good.
        Refused = "refused",
        /// Birdcall gave up.
        Failed = "failed",
        /// It was sent to X and the outcome is unknown. Birdcall is looking for it, or its owner has to decide.
        InDoubt = "in_doubt",
        /// It is a command that was carried out.
        Command = "command",
        /// It was recorded and nothing else.
        Ignored = "ignored",
    }
}

impl TextState {
    /// Whether the text has ended. A text in doubt ends only when its owner or the operator
    /// decides.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(
            self,
            Self::Published | Self::Refused | Self::Failed | Self::Command | Self::Ignored
        )
    }
}

words! {
    /// Why a text waits, or why it ended as it did.
    pub enum Reason {
        /// Its owner has to sign in.
        SignIn = "sign_in",
        /// X's rate limit for this user or for the app is reached.
        RateLimit = "rate_limit",
        /// The operator's credit at X is used up.
        Money = "money",
        /// The operator has to act: X does not let the app post, or Twilio does not let it send.
        Operator = "operator",
        /// X, or an access token, is not available right now.
        Outage = "outage",
        /// The operator paused the queue.
        Paused = "paused",
        /// An earlier text from the same number comes first.
        Order = "order",
        /// It came from a number that is not linked and was answered with the link.
        NotLinked = "not_linked",
        /// X refused it.
        Rejected = "rejected",
        /// It cannot be a post: it is empty, too long, or holds characters that X refuses.
        Unpostable = "unpostable",
        /// It came with a picture, and pictures are not posted yet.
        Media = "media",
        /// It could not be posted before its deadline.
        Horizon = "horizon",
        /// Every worker that took it died.
        Poison = "poison",
        /// X says that it was already posted.
        Duplicate = "duplicate",
        /// Its owner took it back before it was posted.
        Undone = "undone",
        /// An operator cancelled it before it was posted.
        Cancelled = "cancelled",
        /// An operator gave it up.
        GivenUp = "given_up",
        /// An operator has blocked its number.
        Blocked = "blocked",
        /// Too many texts from the same number were pending when it arrived.
        TooMany = "too_many",
        /// Its number may not sign up.
        NotInvited = "not_invited",
        /// Its number is not linked and had got `LINKS_PER_DAY_MAX` links within a day.
        TooManyLinks = "too_many_links",
        /// Its number is not linked, and `STRANGERS_PER_DAY_MAX` texts had gone to such numbers within a day.
        TooManyStrangers = "too_many_strangers",
        /// It is one of Twilio's reserved words, such as STOP.
        Keyword = "keyword",
        /// A phone wrote it by itself: a reaction, such as "Liked", to a reply of ours.
        Reaction = "reaction",
        /// It was found in Twilio's list so late that later texts from the same number had overtaken it.
        Late = "late",
        /// Its sender is not a phone that can be answered, such as a short code.
        Sender = "sender",
    }
}

#[cfg(test)]
#[path = "names_tests.rs"]
mod tests;
