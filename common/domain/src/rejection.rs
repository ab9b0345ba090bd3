//! The refusals of X and Twilio.

use std::fmt;

/// Why X refuses a post for good.
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
    /// The operator's X app may not post.
    AppForbidden,
    /// The token lacks a scope: the owner must sign in again.
    MissingScope,
    /// The picture or video was not taken.
    Media,
    /// Any other refusal, with X's own words.
    Other {
        /// HTTP status.
        status: u16,
        /// X's `detail`, shortened.
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
            Self::AppForbidden => "X app not allowed to post",
            Self::MissingScope => "scope missing",
            Self::Media => "media refused",
            Self::Other { status, detail } => return write!(f, "HTTP {status}: {detail}"),
        })
    }
}

/// Why Twilio refuses a message for good, from the error code of its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TwilioRejection {
    /// The recipient replied STOP (21610).
    OptedOut,
    /// The recipient can't be reached by SMS.
    Recipient(u32),
    /// Our account, sender or settings: the operator must act.
    Operator(u32),
    /// The request was malformed: a bug of ours, or an unknown code.
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
