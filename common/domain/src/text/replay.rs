//! What becomes of a text that an operator runs again.

use super::{Kind, Progress, Reason, TextState};

/// What becomes of a text that an operator runs again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replay {
    /// It will be posted.
    Again,
    /// Whether it was posted is not known: the timeline is read first.
    LookUp,
    /// X said that it was already posted: the timeline is read, and it is not posted.
    LookUpOnly,
    /// Its owner took it back; only `--force` posts it.
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
    /// The outcome in words.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Again => "will be posted",
            Self::LookUp => "will be looked up at X, and posted if it is not there",
            Self::LookUpOnly => {
                "will be looked up at X, which said that it was already posted (--force posts it)"
            }
            Self::TakenBack => "was taken back by its owner (--force posts it)",
            Self::AlreadyPosted => "was already posted (--force posts it a second time)",
            Self::Open => "is not finished yet; it is due now",
            Self::NotAPost => "is not a text to post",
            Self::Forgotten => "was deleted with its owner's data",
            Self::NoWords => "has no words, or has lost them because of its age",
            Self::Unknown => "is not in the ledger",
        }
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
    if text.kind != Kind::Post {
        return Replay::NotAPost;
    }
    match text.state {
        TextState::Published if !force => Replay::AlreadyPosted,
        TextState::InDoubt if text.next_attempt_at.is_some() => Replay::Open,
        TextState::InDoubt if !force => Replay::LookUp,
        TextState::Refused if !force && text.reason == Some(Reason::Duplicate) => {
            Replay::LookUpOnly
        }
        // A post that came too late was taken back before it came.
        TextState::Refused
            if !force && matches!(text.reason, Some(Reason::Undone | Reason::Late)) =>
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
        let command = Progress {
            kind: Kind::Command,
            ..fresh()
        };
        assert_eq!(replay(&command, true), Replay::NotAPost);
    }
}
