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
