//! The refusals of X and Twilio.

use std::fmt;

/// Why X refuses a post.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum XRejection {
    /// The same text was posted recently.
    Duplicate,
    /// X counts more characters than we do.
    TooLong,
    /// Replies are allowed only where the author was mentioned.
    ReplyNotAllowed,
    /// More than one cashtag.
    Cashtags,
    /// The account must be unlocked by its owner.
    AccountLocked,
    /// The account is suspended.
    AccountSuspended,
    /// X wants the owner to log in and confirm something.
    ConfirmAccount,
    /// X takes the text for spam.
    LooksAutomated,
    /// X does not accept a link in the text.
    BadLink,
    /// The operator's X app may not post. The text is not at fault, so it waits for the operator.
    AppForbidden {
        /// X's own words, shortened.
        detail: String,
    },
    /// The token lacks a scope: the owner must sign in again.
    MissingScope,
    /// The picture or video was not taken.
    Media,
    /// Any other refusal, with X's own words.
    Other {
        /// HTTP status.
        status: u16,
        /// X's own words, shortened.
        detail: String,
    },
}

impl fmt::Display for XRejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Duplicate => "duplicate content",
            Self::TooLong => "too long by X's count",
            Self::ReplyNotAllowed => "reply not allowed",
            Self::Cashtags => "more than one cashtag",
            Self::AccountLocked => "X account locked",
            Self::AccountSuspended => "X account suspended",
            Self::ConfirmAccount => "X account to be confirmed",
            Self::LooksAutomated => "taken for spam",
            Self::BadLink => "link refused",
            Self::AppForbidden { detail } => {
                return write!(f, "X app not allowed to post: {detail}");
            }
            Self::MissingScope => "scope missing",
            Self::Media => "media refused",
            Self::Other { status, detail } => return write!(f, "HTTP {status}: {detail}"),
        })
    }
}

/// Why Twilio refuses a message, from the error code of its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TwilioRejection {
    /// The recipient replied STOP (21610).
    OptedOut,
    /// The recipient can't be reached by SMS.
    Recipient(u32),
    /// Our account, sender or settings: the operator must act.
    Operator(u32),
    /// Twilio finds the request wrong, or its code is unknown: the operator has to look. It says
    /// nothing about the phone.
    Request(u32),
}

impl TwilioRejection {
    /// Twilio's error code.
    #[must_use]
    pub fn code(self) -> u32 {
        match self {
            Self::OptedOut => 21610,
            Self::Recipient(code) | Self::Operator(code) | Self::Request(code) => code,
        }
    }
}

impl fmt::Display for TwilioRejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OptedOut => f.write_str("the recipient has opted out (21610)"),
            Self::Recipient(code) => write!(f, "the recipient can't be reached ({code})"),
            Self::Operator(code) => write!(
                f,
                "the Twilio account or sender needs its operator ({code})"
            ),
            Self::Request(code) => write!(f, "Twilio refused the request ({code})"),
        }
    }
}
