//! What becomes of a text that an operator runs again.

use super::{Kind, Progress, Reason, TextState};

/// What becomes of a text that an operator runs again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Replay {
    /// It will be posted.
    Again,
    /// Whether it was posted is not known: the timeline is read first.
    LookUp,
    /// X said that it was already posted: the timeline is read, and it is not posted.
    LookUpOnly,
    /// Its owner took it back, or an operator cancelled it or blocked its number; only `--force` posts it.
    TakenBack,
    /// It was already posted; only `--force` posts it a second time.
    AlreadyPosted,
    /// It is not finished; it is due at once.
    Open,
    /// It is a command, the first text of a new number, or was never to be posted.
    NotAPost,
    /// Its owner's data was deleted.
    Forgotten,
    /// It has no words: it never had any, or they were removed because of their age.
    NoWords,
    /// There is no such text.
    Unknown,
}

impl Replay {
    /// Every outcome, as they are counted and listed.
    pub const ALL: [Self; 10] = [
        Self::Again,
        Self::LookUp,
        Self::LookUpOnly,
        Self::Open,
        Self::AlreadyPosted,
        Self::TakenBack,
        Self::NotAPost,
        Self::Forgotten,
        Self::NoWords,
        Self::Unknown,
    ];

    /// The outcome in one word, as it is stored and as JSON names it.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Again => "again",
            Self::LookUp => "look_up",
            Self::LookUpOnly => "look_up_only",
            Self::Open => "open",
            Self::AlreadyPosted => "already_posted",
            Self::TakenBack => "taken_back",
            Self::NotAPost => "not_a_post",
            Self::Forgotten => "forgotten",
            Self::NoWords => "no_words",
            Self::Unknown => "unknown",
        }
    }

    /// The outcome in words.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Again => "will be posted",
            Self::LookUp => "will be looked up at X, and posted if it is not there",
            Self::LookUpOnly => {
                "will be looked up at X, which said that it was already posted (--force posts it)"
            }
            Self::TakenBack => {
                "was taken back by its owner, or ended by an operator (--force posts it)"
            }
            Self::AlreadyPosted => "was already posted (--force posts it a second time)",
            Self::Open => "is not finished yet; it is due now",
            Self::NotAPost => "is not a text to post",
            Self::Forgotten => "was deleted with its owner's data",
            Self::NoWords => "has no words, or has lost them because of its age",
            Self::Unknown => "is not in the ledger",
        }
    }

    /// The outcome in words, without what an option of the command would do instead.
    #[must_use]
    pub fn without_option(self) -> &'static str {
        let words = self.as_str();
        words.split_once(" (--").map_or(words, |(words, _)| words)
    }

    /// Whether the replay changes anything.
    #[must_use]
    pub fn acts(self) -> bool {
        matches!(
            self,
            Self::Again | Self::LookUp | Self::LookUpOnly | Self::Open
        )
    }
}

/// Decides what becomes of a text that is in the ledger. What was already posted, what X called a
/// duplicate, and what its owner took back is posted with `force` only; what may have been posted is
/// looked up first.
#[must_use]
pub fn replay(text: &Progress, force: bool) -> Replay {
    let (state, reason) = (text.state, text.reason);
    replay_of(
        text.kind,
        state,
        reason,
        text.next_attempt_at.is_some(),
        force,
    )
}

/// The same as [`replay`], from what the rule looks at. `is_due`: something happens to the text by
/// itself, now or later.
#[must_use]
pub fn replay_of(
    kind: Kind,
    state: TextState,
    reason: Option<Reason>,
    is_due: bool,
    force: bool,
) -> Replay {
    if kind != Kind::Post {
        return Replay::NotAPost;
    }
    match state {
        TextState::Published if !force => Replay::AlreadyPosted,
        TextState::InDoubt if is_due => Replay::Open,
        TextState::InDoubt if !force => Replay::LookUp,
        TextState::Refused if !force && reason == Some(Reason::Duplicate) => Replay::LookUpOnly,
        // An operator gave it up, and its outcome may have been unknown.
        TextState::Failed if !force && reason == Some(Reason::GivenUp) => Replay::LookUp,
        // A post that came too late was taken back before it came.
        TextState::Refused
            if !force
                && matches!(
                    reason,
                    Some(Reason::Undone | Reason::Late | Reason::Cancelled | Reason::Blocked)
                ) =>
        {
            Replay::TakenBack
        }
        TextState::Received | TextState::Waiting | TextState::Publishing => Replay::Open,
        TextState::Published | TextState::InDoubt | TextState::Refused | TextState::Failed => {
            Replay::Again
        }
        TextState::Command | TextState::Ignored => Replay::NotAPost,
    }
}

#[cfg(test)]
mod tests {
    use super::{super::settle::tests::fresh, *};

    #[test]
    fn what_may_be_on_x_is_never_posted_again_without_force() {
        use Reason::{Duplicate, Late, Rejected, TooMany, Undone};
        use TextState::{Failed, InDoubt, Published, Publishing, Received, Refused, Waiting};
        for (state, reason, due, without_force, with_force) in [
            (Received, None, true, Replay::Open, Replay::Open),
            (Waiting, None, true, Replay::Open, Replay::Open),
            (Publishing, None, true, Replay::Open, Replay::Open),
            (Published, None, false, Replay::AlreadyPosted, Replay::Again),
            (InDoubt, None, true, Replay::Open, Replay::Open),
            (InDoubt, None, false, Replay::LookUp, Replay::Again),
            (InDoubt, Some(Duplicate), true, Replay::Open, Replay::Open),
            (Refused, Some(Rejected), false, Replay::Again, Replay::Again),
            (Refused, Some(TooMany), false, Replay::Again, Replay::Again),
            (
                Refused,
                Some(Duplicate),
                false,
                Replay::LookUpOnly,
                Replay::Again,
            ),
            (
                Refused,
                Some(Undone),
                false,
                Replay::TakenBack,
                Replay::Again,
            ),
            (Refused, Some(Late), false, Replay::TakenBack, Replay::Again),
            (Failed, None, false, Replay::Again, Replay::Again),
        ] {
            let text = Progress {
                state,
                reason,
                next_attempt_at: due.then_some(fresh().received_at),
                ..fresh()
            };
            assert_eq!(replay(&text, false), without_force, "{state:?} {reason:?}");
            assert_eq!(replay(&text, true), with_force, "{state:?} {reason:?}");
        }
        for (state, reason, doubted, without_force) in [
            (Refused, Reason::Cancelled, false, Replay::TakenBack),
            (Refused, Reason::Blocked, false, Replay::TakenBack),
            (Failed, Reason::GivenUp, false, Replay::LookUp),
            (Failed, Reason::GivenUp, true, Replay::LookUp),
        ] {
            let text = Progress {
                state,
                reason: Some(reason),
                doubted,
                next_attempt_at: None,
                ..fresh()
            };
            assert_eq!(replay(&text, false), without_force, "{reason} {doubted}");
            assert_eq!(replay(&text, true), Replay::Again, "{reason} {doubted}");
        }
        let command = Progress {
            kind: Kind::Command,
            ..fresh()
        };
        assert_eq!(replay(&command, true), Replay::NotAPost);
    }
}
