//! What a call to the outside world can end in.

use std::fmt;

use crate::clock::Timestamp;

/// A call that did not succeed, by what it says about the effect. `R` is the vendor's refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallError<R> {
    /// The vendor refused for good: the same call would be refused again.
    Rejected(R),
    /// The credentials were not taken. No effect.
    Unauthorized,
    /// The operator's credit is used up (X, HTTP 402). No effect.
    PaymentRequired,
    /// Too many calls. No effect.
    RateLimited {
        /// When the limit resets, if the vendor said so.
        until: Option<Timestamp>,
        /// Whose limit it is.
        scope: LimitScope,
    },
    /// No effect: the request was never written, or the answer says that it was not processed.
    NotSent(Trouble),
    /// The request was written and no readable answer came back: the effect may have happened.
    InDoubt(Trouble),
}

/// Whose limit was hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitScope {
    /// One user's: others go on.
    User,
    /// The whole app's: everybody waits.
    App,
}

/// What went wrong on the way, in words that hold no content and no secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// No connection could be made.
    Connect,
    /// No answer within the time that is allowed.
    Timeout,
    /// The connection broke after the request was written.
    Reset,
    /// An HTTP status that says nothing about the effect.
    Status(u16),
    /// A success without the proof of it.
    Unreadable,
    /// A worker died while the call was under way.
    WorkerDied,
    /// The lease ran out before the request could be written.
    LeaseOver,
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect => f.write_str("no connection"),
            Self::Timeout => f.write_str("no answer in time"),
            Self::Reset => f.write_str("connection lost"),
            Self::Status(status) => write!(f, "HTTP {status}"),
            Self::Unreadable => f.write_str("unreadable answer"),
            Self::WorkerDied => f.write_str("worker died"),
            Self::LeaseOver => f.write_str("lease over"),
        }
    }
}

impl<R> CallError<R> {
    /// One word for logs, metrics and the attempt's record.
    #[must_use]
    pub fn class(&self) -> &'static str {
        match self {
            Self::Rejected(_) => "rejected",
            Self::Unauthorized => "unauthorized",
            Self::PaymentRequired => "payment_required",
            Self::RateLimited { .. } => "rate_limited",
            Self::NotSent(_) => "not_sent",
            Self::InDoubt(_) => "in_doubt",
        }
    }
}

impl<R: fmt::Display> fmt::Display for CallError<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rejected(rejection) => rejection.fmt(f),
            Self::Unauthorized => f.write_str("credentials not taken (HTTP 401)"),
            Self::PaymentRequired => f.write_str("out of credit (HTTP 402)"),
            Self::RateLimited {
                until: Some(until), ..
            } => write!(f, "rate limited until {until}"),
            Self::RateLimited { until: None, .. } => f.write_str("rate limited"),
            Self::NotSent(trouble) => write!(f, "not processed: {trouble}"),
            Self::InDoubt(trouble) => write!(f, "outcome unknown: {trouble}"),
        }
    }
}

/// Why X refuses a post for good (protocols: the 403 and 400 catalogue).
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

/// Why Twilio refuses a message for good (protocols: error codes at request time).
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
