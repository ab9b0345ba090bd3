//! Every sentence that Birdcall texts to a phone.

use super::{HandWritten, Purpose, refusal::refusal};
use crate::{
    account::Revocation, authorization::SignInFailure, clock::Timestamp, command::Command,
    post::Unpostable, rejection::XRejection,
};

/// What a phone is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sentence {
    /// To a new number: the sign-in link.
    SignIn,
    /// To a number that an operator invites: the sign-in link.
    Invitation,
    /// The authorization is no longer valid; the text is kept.
    SignInAgain,
    /// The authorization is no longer valid; the command waits.
    SignInForCommand,
    /// The authorization is no longer valid, and no text waits for it.
    Disconnected,
    /// The sign-in worked.
    Linked {
        /// The X account, without `@`; empty while unknown.
        handle: String,
    },
    /// The sign-in failed.
    SignInFailed(SignInFailure),
    /// The text is on X.
    Tweeted {
        /// X's id of the post.
        post_id: String,
    },
    /// The text cannot be a post.
    Unpostable(Unpostable),
    /// Pictures are not posted yet.
    MediaNotYet,
    /// X refused the text.
    Rejected(XRejection),
    /// X says that the text is a duplicate, and the first post was not found.
    AlreadyPosted,
    /// Too many texts of this phone are pending, so new ones are refused.
    TooMany,
    /// The text came so late that later ones had overtaken it.
    TooLate,
    /// An operator cancelled the text before it was posted.
    Cancelled,
    /// An operator gave the text up.
    GivenUp {
        /// Whether it may be on X, because the outcome of a call stayed unknown.
        may_be_posted: bool,
    },
    /// The deadline of the text has passed.
    GaveUp,
    /// The deadline of the command has passed.
    GaveUpCommand,
    /// The text is late.
    StillTrying,
    /// The command is late.
    StillTryingCommand,
    /// X's rate limit is reached.
    RateLimited {
        /// When Birdcall goes on, if X said so.
        until: Option<Timestamp>,
    },
    /// X does not let the operator's app act.
    OperatorNeeded {
        /// Whether a command waits for it, and not a text.
        command: bool,
    },
    /// The operator's credit is used up.
    OutOfCredit,
    /// It is not known whether the text was posted.
    Unresolved,
    /// It is not known whether the text was posted, and its owner has signed in with another X account.
    OtherAccount,
    /// The answer to `\HELP` and to an unknown command.
    Help {
        /// Whether the command was unknown.
        unknown: bool,
        /// The operator's name and address; empty when the operator has not set them.
        operator: String,
    },
    /// The answer to a text that may be a command or a post.
    MaybeCommand(Command),
    /// The answer to `\STATUS`.
    Status {
        /// The X account, without `@`; `None` when the owner has to sign in.
        handle: Option<String>,
        /// Texts that are not posted yet.
        open: u32,
    },
    /// `\STOP` was carried out.
    Stopped {
        /// What happened at X.
        revocation: Revocation,
    },
    /// `\UNDO` deleted a post.
    Undone,
    /// `\UNDO` took back a text that was not posted yet.
    TakenBack,
    /// `\UNDO` found nothing.
    NothingToUndo,
    /// `\RETRY` posts a text again.
    Retrying,
    /// `\RETRY` found nothing.
    NothingToRetry,
    /// X refused what a command asked for.
    CommandRejected(XRejection),
    /// What an operator wrote to the sender of a text.
    ByHand(HandWritten),
}

/// What goes into a sentence.
#[derive(Clone, Copy, Debug, Default)]
pub struct Words<'a> {
    /// The text that the sentence speaks of; it is shortened until the reply fits.
    pub quote: &'a str,
    /// The sign-in link; it is never shortened.
    pub link: &'a str,
    /// The post's address.
    pub post_url: &'a str,
}

impl Sentence {
    /// What the reply is for.
    #[must_use]
    pub fn purpose(&self) -> Purpose {
        match self {
            Self::SignInAgain | Self::SignInForCommand | Self::Disconnected => Purpose::SignIn,
            Self::StillTrying
            | Self::StillTryingCommand
            | Self::RateLimited { .. }
            | Self::OperatorNeeded { .. }
            | Self::OutOfCredit
            | Self::TooMany => Purpose::Notice,
            Self::Unresolved | Self::OtherAccount => Purpose::Doubt,
            Self::Stopped { .. } => Purpose::Goodbye,
            Self::Invitation => Purpose::Invitation,
            Self::ByHand(_) => Purpose::ByHand,
            _ => Purpose::Final,
        }
    }

    /// The sentence with its words, at full length.
    pub(super) fn write(&self, words: Words<'_>) -> String {
        let Words {
            quote,
            link,
            post_url,
        } = words;
        match self {
            Self::SignIn => {
                format!("Birdcall posts your texts on X. To link this number, sign in: {link}")
            }
            Self::Invitation => format!(
                "Birdcall posts your texts on X. You are invited: {link} Unwanted? Reply STOP."
            ),
            Self::SignInAgain => format!(
                "We kept '{quote}' and will post it once you sign in to X again: {link}"
            ),
            Self::SignInForCommand => format!(
                "We will carry out your command once you sign in to X again: {link}"
            ),
            Self::Disconnected => {
                format!("X no longer lets us post for you. Please sign in again: {link}")
            }
            Self::Linked { handle } if handle.is_empty() => {
                r"Signed in. From now on, your texts are posted on your X account. Text \HELP for commands.".to_owned()
            }
            Self::Linked { handle } => format!(
                r"Signed in as @{handle}. From now on, your texts are posted there. Text \HELP for commands."
            ),
            Self::SignInFailed(why) => {
                format!("Sign-in failed: {}. Text anything to start again.", why.words())
            }
            Self::Tweeted { .. } => format!("'{quote}' has been successfully tweeted {post_url}"),
            Self::Unpostable(Unpostable::TooLong { over }) => format!(
                "Not posted: {over} character{} too long by X's count. Shorten it and text it again. '{quote}'",
                if *over == 1 { "" } else { "s" }
            ),
            Self::Unpostable(Unpostable::Empty) => "Not posted: the text is empty.".to_owned(),
            Self::Unpostable(Unpostable::InvalidCharacters) => format!(
                "Not posted: it contains characters that X does not accept. Remove them and text it again. '{quote}'"
            ),
            Self::MediaNotYet if quote.is_empty() => {
                "Not posted: we cannot post pictures or files yet. Text the words alone.".to_owned()
            }
            Self::MediaNotYet => format!(
                "Not posted: we cannot post pictures or files yet. Text the words alone. '{quote}'"
            ),
            Self::Rejected(rejection) => format!("'{quote}' was not posted: {}", refusal(rejection)),
            Self::AlreadyPosted => format!(
                "'{quote}' was not posted again: X says it was already posted. Please check your timeline."
            ),
            Self::TooMany => format!(
                "'{quote}' was not posted: too many of your texts are still waiting. We ignore new texts until those are posted."
            ),
            Self::TooLate => format!(
                "'{quote}' came too late, so nothing was done about it. If you still want it, text it again."
            ),
            Self::Cancelled => format!(
                "'{quote}' was not posted: the operator of this service cancelled it."
            ),
            Self::GivenUp { may_be_posted: false } => format!(
                "'{quote}' was not posted: the operator of this service gave it up. Text it again if it still matters."
            ),
            Self::GivenUp { may_be_posted: true } => format!(
                "X did not tell us whether it posted '{quote}'. The operator of this service gave it up. Please check your timeline."
            ),
            Self::GaveUp => format!(
                "'{quote}' could not be posted in time, so we stopped trying. Text it again if it still matters."
            ),
            Self::GaveUpCommand => {
                "We could not carry out your command in time, so we stopped trying. Text it again if it still matters.".to_owned()
            }
            Self::StillTryingCommand => {
                "X is not answering. We are still trying to carry out your command.".to_owned()
            }
            Self::StillTrying => {
                format!("X is not answering. We kept '{quote}' and are still trying.")
            }
            Self::RateLimited { until: Some(until) } => format!(
                "X asks us to wait. We kept '{quote}' and will post it after {} UTC.",
                until.utc_hour_minute()
            ),
            Self::RateLimited { until: None } => format!(
                "X asks us to wait. We kept '{quote}' and will post it as soon as X lets us."
            ),
            Self::OperatorNeeded { command: false } => format!(
                "X does not let Birdcall post right now. We kept '{quote}' and will post it once the operator has fixed that."
            ),
            Self::OperatorNeeded { command: true } => {
                "X does not let Birdcall act right now. We will carry out your command once the operator has fixed that.".to_owned()
            }
            Self::OutOfCredit => format!(
                "Birdcall has no credit left at X. We kept '{quote}' and will post it once the operator adds credit."
            ),
            Self::Unresolved => format!(
                r"X did not tell us whether it posted '{quote}'. Please check. If it is not there, text \RETRY to post it."
            ),
            Self::OtherAccount => format!(
                "X did not tell us whether it posted '{quote}' on the account that you used before. We do not post it on another one. Please check."
            ),
            Self::Help { unknown, operator } => {
                let unknown = if *unknown { "Not a command. " } else { "" };
                if operator.is_empty() {
                    format!(
                        r"{unknown}Any text is posted on X. Commands: \UNDO deletes the last post, \STATUS, \RETRY, \STOP unlinks and deletes your data. \\text posts \text."
                    )
                } else {
                    format!(
                        r"{unknown}Texts are posted on X. \UNDO deletes the last post, \STATUS, \RETRY, \STOP deletes your data. Run by {operator}."
                    )
                }
            }
            Self::MaybeCommand(Command::Unknown) => {
                r"Not posted, because it may be a command. \HELP lists the commands. To post it, put another word before it.".to_owned()
            }
            Self::MaybeCommand(command) => format!(
                r"Not posted, because it may be a command. If you meant \{0}, text \{0} or /{0}. To post it, put another word before it.",
                command.word()
            ),
            Self::Status { handle, open } => {
                let linked = match handle {
                    Some(handle) if handle.is_empty() => "Linked to your X account.".to_owned(),
                    Some(handle) => format!("Linked to @{handle}."),
                    None => format!("Sign-in needed: {link} ."),
                };
                match open {
                    0 => format!("{linked} Nothing is waiting."),
                    1 => format!("{linked} 1 text is waiting to be posted."),
                    n => format!("{linked} {n} texts are waiting to be posted."),
                }
            }
            Self::Stopped { revocation } => match revocation {
                Revocation::Revoked => "Done. You are unlinked from X and your data is deleted. Text anything to start again.",
                Revocation::NothingToRevoke => "Done. This number is not linked to X, and your data is deleted. Text anything to start again.",
                Revocation::NotOpened => "Done. Your data is deleted. We could not ask X to end our access, so please remove the app at x.com: Settings, Apps.",
                Revocation::NotAnswered => "Done. Your data is deleted. X did not confirm, so please remove the app at x.com: Settings, Apps.",
            }
            .to_owned(),
            Self::Undone => format!("Deleted from X: '{quote}'"),
            Self::TakenBack => format!("'{quote}' will not be posted."),
            Self::NothingToUndo => "There is no post to delete.".to_owned(),
            Self::Retrying => format!("Trying again: '{quote}'"),
            Self::NothingToRetry => "There is nothing to try again.".to_owned(),
            Self::CommandRejected(rejection) => format!("That did not work: {}", refusal(rejection)),
            Self::ByHand(words) => words.as_str().to_owned(),
        }
    }
}

#[cfg(test)]
#[path = "sentence_tests.rs"]
mod tests;
