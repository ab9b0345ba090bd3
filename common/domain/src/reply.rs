//! Every sentence that we ever text.

use unicode_segmentation::UnicodeSegmentation as _;

use super::{
    authorization::SignInFailure,
    call::XRejection,
    post::Unpostable,
    sms::{Sms, plain_typography},
};
use crate::clock::Timestamp;

/// What a phone is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sentence {
    /// To a new number: the sign-in link.
    SignIn,
    /// The authorization is no longer valid; the text is kept.
    SignInAgain,
    /// The authorization is no longer valid; the command waits.
    SignInForCommand,
    /// The authorization is no longer valid, found out without any text that waits for it.
    Disconnected,
    /// The sign-in worked.
    Linked {
        /// The X account, without `@`; empty while unknown.
        handle: String,
    },
    /// The sign-in failed.
    SignInFailed(SignInFailure),
    /// It is on X.
    Tweeted {
        /// X's id of the post.
        post_id: String,
    },
    /// It can't be a post.
    Unpostable(Unpostable),
    /// Pictures are not posted yet.
    MediaNotYet,
    /// X refused it.
    Rejected(XRejection),
    /// X says duplicate, and it can't be found.
    AlreadyPosted,
    /// So many texts of this phone wait that new ones are refused.
    TooMany,
    /// Its time is over.
    GaveUp,
    /// It is late.
    StillTrying,
    /// X's limit.
    RateLimited {
        /// When it goes on.
        until: Timestamp,
    },
    /// The operator's credit is used up.
    OutOfCredit,
    /// Nobody can tell whether it was posted.
    Unresolved,
    /// `\HELP`, and the answer to an unknown command.
    Help {
        /// Whether the command was unknown.
        unknown: bool,
    },
    /// `\STATUS`.
    Status {
        /// The X account, without `@`; `None` when sign-in is needed.
        handle: Option<String>,
        /// Texts that are not posted yet.
        open: u32,
    },
    /// `\STOP` was done.
    Stopped {
        /// Whether X confirmed that the tokens are revoked.
        revoked: bool,
    },
    /// `\UNDO` deleted a post.
    Undone,
    /// `\UNDO` took back a text that was not posted yet.
    TakenBack,
    /// `\UNDO` found nothing.
    NothingToUndo,
    /// `\RETRY` set a text going again.
    Retrying,
    /// `\RETRY` found nothing.
    NothingToRetry,
    /// X refused what a command asked for.
    CommandRejected(XRejection),
}

/// What a reply is for: one text has at most one reply of each purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// How it ended.
    Final,
    /// It waits, or is late.
    Notice,
    /// Its owner must sign in; it waits.
    SignIn,
    /// Its owner must say whether to post it.
    Doubt,
    /// The confirmation of `\STOP`: forgotten once it is sent.
    Goodbye,
}

impl Purpose {
    /// The word that is stored and listed.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Final => "final",
            Self::Notice => "notice",
            Self::SignIn => "sign_in",
            Self::Doubt => "doubt",
            Self::Goodbye => "goodbye",
        }
    }
}

/// What goes into a sentence.
#[derive(Clone, Copy, Debug, Default)]
pub struct Words<'a> {
    /// The text that is spoken of; shortened until the reply fits.
    pub quote: &'a str,
    /// The sign-in link; never shortened.
    pub link: &'a str,
    /// The post's address.
    pub post_url: &'a str,
}

impl Sentence {
    /// What it is for.
    #[must_use]
    pub fn purpose(&self) -> Purpose {
        match self {
            Self::SignInAgain | Self::SignInForCommand | Self::Disconnected => Purpose::SignIn,
            Self::StillTrying | Self::RateLimited { .. } | Self::OutOfCredit | Self::TooMany => {
                Purpose::Notice
            }
            Self::Unresolved => Purpose::Doubt,
            Self::Stopped { .. } => Purpose::Goodbye,
            _ => Purpose::Final,
        }
    }

    /// Writes the sentence. The quote is shortened until the reply takes at most `segments_max`
    /// segments; a reply that is longer without any quote (a long link) is sent whole.
    #[must_use]
    pub fn compose(&self, words: Words<'_>, segments_max: u32) -> Sms {
        let quote = plain_typography(words.quote);
        let whole = Sms::new(self.write(&quote, words));
        if whole.segments <= segments_max {
            return whole;
        }
        // A shorter quote may also be a cheaper one: before the first character outside GSM-7 the
        // whole reply has 160 characters instead of 70. So the longest quote that fits is looked
        // for from the longest down.
        let ends: Vec<usize> = quote
            .grapheme_indices(true)
            .map(|(start, _)| start)
            .collect();
        let ends = ends.into_iter().rev();
        let shortened = ends.map(|end| {
            let cut = format!("{}...", quote[..end].trim_end());
            Sms::new(self.write(&cut, words))
        });
        let mut last = None;
        for sms in shortened {
            if sms.segments <= segments_max {
                return sms;
            }
            last = Some(sms);
        }
        last.unwrap_or(whole)
    }

    fn write(&self, quote: &str, words: Words<'_>) -> String {
        let Words { link, post_url, .. } = words;
        match self {
            Self::SignIn => format!("Birdcall posts your texts on X. Sign in to link this number: {link}"),
            Self::SignInAgain => format!(
                "Please sign in to X again. '{quote}' is kept and posted after that: {link}"
            ),
            Self::SignInForCommand => {
                format!("Please sign in to X again, then it is done: {link}")
            }
            Self::Disconnected => {
                format!("X no longer lets us post for you. Please sign in again: {link}")
            }
            Self::Linked { handle } if handle.is_empty() => {
                r"Signed in: any further text will be posted on your X account. Text \HELP for commands.".to_owned()
            }
            Self::Linked { handle } => {
                format!(r"Signed in as @{handle}: any further text will be posted. Text \HELP for commands.")
            }
            Self::SignInFailed(why) => {
                format!("Signing in failed: {}. Text anything to start again.", sign_in_failure(*why))
            }
            Self::Tweeted { .. } => format!("'{quote}' has been successfully tweeted {post_url}"),
            Self::Unpostable(Unpostable::TooLong { over }) => format!(
                "Not posted: too long by {over} character{} as X counts. Shorten it and text it again. '{quote}'",
                if *over == 1 { "" } else { "s" }
            ),
            Self::Unpostable(Unpostable::Empty) => "Not posted: the text is empty.".to_owned(),
            Self::Unpostable(Unpostable::InvalidCharacters) => format!(
                "Not posted: it has characters that X does not take. Text it again without them. '{quote}'"
            ),
            Self::MediaNotYet => {
                format!("Not posted: pictures can't be posted yet. Text it again without the picture. '{quote}'")
            }
            Self::Rejected(rejection) => format!("'{quote}' was not posted: {}", refusal(rejection)),
            Self::AlreadyPosted => format!(
                "'{quote}' was not posted again: X says it is posted already. Please look at your timeline."
            ),
            Self::TooMany => format!(
                "'{quote}' was not kept, nor is what comes now: too many of your texts are still waiting. Text again when they are through."
            ),
            Self::GaveUp => {
                format!("'{quote}' could not be posted in time, we stopped trying. Text it again if it still matters.")
            }
            Self::StillTrying => format!("X does not answer. '{quote}' is kept, we are still trying."),
            Self::RateLimited { until } => format!(
                "X asks us to wait. '{quote}' is kept and posted after {} UTC.",
                until.utc_hour_minute()
            ),
            Self::OutOfCredit => format!(
                "Birdcall's credit at X is used up. '{quote}' is kept and posted once the operator has topped it up."
            ),
            Self::Unresolved => format!(
                r"X did not say whether '{quote}' was posted. Please look. Not there? Text \RETRY to post it."
            ),
            Self::Help { unknown } => format!(
                r"{}Any text is posted on X. Commands: \UNDO deletes the last post, \STATUS, \RETRY, \STOP unlinks and deletes your data. \\text posts \text.",
                if *unknown { "Not a command. " } else { "" }
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
            Self::Stopped { revoked: true } => {
                "Done: unlinked from X, your data is deleted. Text anything to start again.".to_owned()
            }
            Self::Stopped { revoked: false } => {
                "Done: your data is deleted. X did not confirm; please remove the app at x.com under Settings, Apps.".to_owned()
            }
            Self::Undone => format!("Deleted from X: '{quote}'"),
            Self::TakenBack => format!("'{quote}' will not be posted."),
            Self::NothingToUndo => "There is no post to delete.".to_owned(),
            Self::Retrying => format!("Trying again: '{quote}'"),
            Self::NothingToRetry => "There is nothing to try again.".to_owned(),
            Self::CommandRejected(rejection) => format!("That did not work: {}", refusal(rejection)),
        }
    }
}

fn refusal(rejection: &XRejection) -> String {
    match rejection {
        XRejection::Duplicate => {
            "X says you posted the same before. Change it and text it again.".to_owned()
        }
        XRejection::TooLong => "X says it is too long. Shorten it and text it again.".to_owned(),
        XRejection::ReplyNotAllowed => "X allows replies only where you were mentioned.".to_owned(),
        XRejection::Cashtags => "X allows one cashtag ($) in a post.".to_owned(),
        XRejection::AccountLocked => {
            "X has locked your account. Log in at x.com, unlock it, text it again.".to_owned()
        }
        XRejection::AccountSuspended => "X has suspended your account.".to_owned(),
        XRejection::AppForbidden => {
            "X does not let this service post. Please tell its operator.".to_owned()
        }
        XRejection::MissingScope => "X did not grant what posting needs. Sign in again.".to_owned(),
        XRejection::Media => "X did not take the picture or video.".to_owned(),
        XRejection::Other { status: 404, .. } => "it is not there any more.".to_owned(),
        XRejection::Other { detail, .. } if detail.is_empty() => {
            "X refused it without saying why.".to_owned()
        }
        XRejection::Other { detail, .. } => format!("X says: {}", plain_typography(detail)),
    }
}

/// Why a sign-in failed, for the phone and the page.
#[must_use]
pub fn sign_in_failure(why: SignInFailure) -> &'static str {
    match why {
        SignInFailure::Denied => "you did not allow it at X",
        SignInFailure::Expired => "it took too long",
        SignInFailure::Replayed => "that sign-in was used before; nothing has changed",
        SignInFailure::UnknownState => "it was not started here",
        SignInFailure::Malformed => "X sent an incomplete answer",
        SignInFailure::CodeRefused => "X did not accept it",
        SignInFailure::Outage => "X does not answer just now",
        SignInFailure::ScopeMissing => "posting was not allowed at X",
    }
}

#[cfg(test)]
#[path = "reply_tests.rs"]
mod tests;
