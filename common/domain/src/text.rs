//! A text's names, its states and the reasons for them; and who waits for whom.

use std::{fmt, str::FromStr};

use thiserror::Error;

use crate::clock::Timestamp;

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
        f.write_str(&self.0)
    }
}

/// Where a text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TextState {
    /// Will be posted (or done, if it is a command).
    Received,
    /// Waits, with a [`Reason`].
    Waiting,
    /// A call that posts it is armed or under way.
    Publishing,
    /// It is on X.
    Published,
    /// X or we said no for good.
    Refused,
    /// Given up.
    Failed,
    /// Sent, outcome unknown: being resolved, or at rest when it can't be.
    InDoubt,
    /// A command that was done.
    Command,
    /// Recorded only.
    Ignored,
}

impl TextState {
    /// Every state, in the order of a text's life.
    pub const ALL: [Self; 9] = [
        Self::Received,
        Self::Waiting,
        Self::Publishing,
        Self::Published,
        Self::Refused,
        Self::Failed,
        Self::InDoubt,
        Self::Command,
        Self::Ignored,
    ];

    /// The word that is stored and listed.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Waiting => "waiting",
            Self::Publishing => "publishing",
            Self::Published => "published",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::InDoubt => "in_doubt",
            Self::Command => "command",
            Self::Ignored => "ignored",
        }
    }

    /// Reads the stored word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// Whether nothing more happens by itself. A text in doubt is final when nothing is due.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(
            self,
            Self::Published | Self::Refused | Self::Failed | Self::Command | Self::Ignored
        )
    }
}

/// Why a text waits or ended as it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// Its owner must sign in.
    SignIn,
    /// X's limit for this user or the app.
    RateLimit,
    /// The operator's credit at X is used up.
    Money,
    /// X or a token can't be had just now.
    Outage,
    /// The operator paused the queue.
    Paused,
    /// An earlier text of the same phone comes first.
    Order,
    /// The answer to a new number's first text is the link.
    NotLinked,
    /// X refused it.
    Rejected,
    /// It can't be a post.
    Unpostable,
    /// Pictures are not posted yet.
    Media,
    /// Its horizon passed.
    Horizon,
    /// Every worker that took it died.
    Poison,
    /// X says that it is posted already; being looked for.
    Duplicate,
    /// Its owner took it back before it was posted.
    Undone,
    /// Too many texts of the same phone were waiting when it came.
    TooMany,
}

impl Reason {
    /// Every reason.
    pub const ALL: [Self; 15] = [
        Self::SignIn,
        Self::RateLimit,
        Self::Money,
        Self::Outage,
        Self::Paused,
        Self::Order,
        Self::NotLinked,
        Self::Rejected,
        Self::Unpostable,
        Self::Media,
        Self::Horizon,
        Self::Poison,
        Self::Duplicate,
        Self::Undone,
        Self::TooMany,
    ];

    /// The word that is stored and listed.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::RateLimit => "rate_limit",
            Self::Money => "money",
            Self::Outage => "outage",
            Self::Paused => "paused",
            Self::Order => "order",
            Self::NotLinked => "not_linked",
            Self::Rejected => "rejected",
            Self::Unpostable => "unpostable",
            Self::Media => "media",
            Self::Horizon => "horizon",
            Self::Poison => "poison",
            Self::Duplicate => "duplicate",
            Self::Undone => "undone",
            Self::TooMany => "too_many",
        }
    }

    /// Reads the stored word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == word)
    }
}

/// Whether an earlier text of the same phone must end before a later one is begun.
#[must_use]
pub fn blocks(earlier: TextState, reason: Option<Reason>, is_due_at: Option<Timestamp>) -> bool {
    match earlier {
        TextState::Received | TextState::Publishing => true,
        // Waits for its owner: R6's exception.
        TextState::Waiting => reason != Some(Reason::SignIn),
        TextState::InDoubt => is_due_at.is_some() && reason != Some(Reason::SignIn),
        _ => false,
    }
}

#[cfg(test)]
#[path = "text_tests.rs"]
mod tests;
