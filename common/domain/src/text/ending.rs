//! What becomes of a text that an operator cancels or gives up.

use super::{Kind, Progress, TextState};

/// What becomes of a text that an operator cancels or gives up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It ends as refused: it will not be posted, and it is not on X.
    Cancelled,
    /// It ends as failed. It is not on X.
    GivenUp,
    /// It ends as failed. It may be on X, because the outcome of a call stayed unknown.
    GivenUpInDoubt,
    /// It may be on X, so it cannot be cancelled any more.
    MayBePosted,
    /// A worker holds it: a call may be under way.
    Held,
    /// It is on X.
    AlreadyPosted,
    /// It has ended without being posted.
    AlreadyOver,
    /// It is a command, the first text of a new number, or was never to be posted.
    NotAPost,
    /// Its owner's data was deleted.
    Forgotten,
    /// There is no such text.
    Unknown,
}

impl Ending {
    /// The outcome in words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Cancelled => "is cancelled and will not be posted",
            Self::GivenUp => "is given up and was not posted",
            Self::GivenUpInDoubt => "is given up; it may be on X",
            Self::MayBePosted => {
                "may be on X already, so it cannot be cancelled; it can be given up"
            }
            Self::Held => "is held by a worker right now; try again in a minute",
            Self::AlreadyPosted => "was already posted",
            Self::AlreadyOver => "has already ended without being posted",
            Self::NotAPost => "is not a text to post",
            Self::Forgotten => "was deleted with its owner's data",
            Self::Unknown => "is not in the ledger",
        }
    }

    /// Whether the text ends.
    #[must_use]
    pub fn acts(self) -> bool {
        matches!(self, Self::Cancelled | Self::GivenUp | Self::GivenUpInDoubt)
    }
}

/// Decides what cancelling a text does. Only a text that cannot be on X is cancelled, because its sender is
/// told that it was not posted. `held`: a worker has it.
#[must_use]
pub fn cancel(text: &Progress, held: bool) -> Ending {
    if let Some(ending) = over(text) {
        return ending;
    }
    match text.state {
        _ if held => Ending::Held,
        TextState::Received | TextState::Waiting if !text.doubted => Ending::Cancelled,
        _ => Ending::MayBePosted,
    }
}

/// Decides what giving a text up does. `held`: a worker has it. A text whose call was announced is always
/// held: if its worker has died, another one finds out soon.
#[must_use]
pub fn give_up(text: &Progress, held: bool) -> Ending {
    if let Some(ending) = over(text) {
        return ending;
    }
    match text.state {
        _ if held => Ending::Held,
        TextState::Publishing => Ending::Held,
        TextState::InDoubt => Ending::GivenUpInDoubt,
        _ if text.doubted => Ending::GivenUpInDoubt,
        _ => Ending::GivenUp,
    }
}

/// What there is to say of a text that is over, or that is no post.
fn over(text: &Progress) -> Option<Ending> {
    if text.kind != Kind::Post {
        return Some(Ending::NotAPost);
    }
    match text.state {
        TextState::Published => Some(Ending::AlreadyPosted),
        TextState::Refused | TextState::Failed => Some(Ending::AlreadyOver),
        TextState::Command | TextState::Ignored => Some(Ending::NotAPost),
        TextState::Received | TextState::Waiting | TextState::Publishing | TextState::InDoubt => {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::settle::tests::fresh, *};

    #[test]
    fn only_what_cannot_be_on_x_is_cancelled_and_nothing_is_taken_from_a_worker() {
        use Ending::{
            AlreadyOver, AlreadyPosted, Cancelled, GivenUp, GivenUpInDoubt, Held, MayBePosted,
        };
        use TextState::{Failed, InDoubt, Published, Publishing, Received, Refused, Waiting};
        for (state, doubted, held, cancelled, given_up) in [
            (Received, false, false, Cancelled, GivenUp),
            (Received, false, true, Held, Held),
            (Received, true, false, MayBePosted, GivenUpInDoubt),
            (Waiting, false, false, Cancelled, GivenUp),
            (Waiting, false, true, Held, Held),
            (Waiting, true, false, MayBePosted, GivenUpInDoubt),
            (Publishing, false, true, Held, Held),
            (Publishing, false, false, MayBePosted, Held),
            (InDoubt, true, false, MayBePosted, GivenUpInDoubt),
            // X called it a duplicate: it is looked for, and nothing of it was in doubt before.
            (InDoubt, false, false, MayBePosted, GivenUpInDoubt),
            (InDoubt, true, true, Held, Held),
            (Published, false, false, AlreadyPosted, AlreadyPosted),
            (Refused, false, false, AlreadyOver, AlreadyOver),
            (Failed, true, false, AlreadyOver, AlreadyOver),
        ] {
            let text = Progress {
                state,
                doubted,
                ..fresh()
            };
            let name = format!("{state:?}, doubted {doubted}, held {held}");
            assert_eq!(cancel(&text, held), cancelled, "{name}");
            assert_eq!(give_up(&text, held), given_up, "{name}");
        }
        for kind in [Kind::Command, Kind::SignIn, Kind::Ignored] {
            let text = Progress { kind, ..fresh() };
            assert_eq!(cancel(&text, false), Ending::NotAPost, "{kind}");
            assert_eq!(give_up(&text, false), Ending::NotAPost, "{kind}");
        }
    }
}
