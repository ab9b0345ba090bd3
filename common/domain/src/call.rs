//! The outcome of a call to X or Twilio that did not succeed.

use std::fmt;

use crate::clock::Timestamp;

/// A call that did not succeed, by what it says about the effect. `R` is the vendor's refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallError<R> {
    /// The vendor refused for good: the same call would be refused again.
    Rejected(R),
    /// The vendor did not accept the credentials. Nothing happened.
    Unauthorized,
    /// The operator's credit is used up (X, HTTP 402). Nothing happened.
    PaymentRequired,
    /// Too many calls. Nothing happened.
    RateLimited {
        /// When the limit resets, if the vendor said so.
        until: Option<Timestamp>,
        /// Whose limit it is.
        scope: LimitScope,
    },
    /// Nothing happened: the request was never written, or the answer says that it was not processed.
    /// A call that may be repeated (a read, a deletion) fails like this for every other reason, too.
    NotSent(Trouble),
    /// The request was written and no readable answer came: it may have been carried out.
    InDoubt(Trouble),
}

/// What an answer said besides its meaning: what support asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// The HTTP status.
    pub status: Option<u16>,
    /// The type of the problem, as the vendor names it.
    pub problem: Option<String>,
    /// The vendor's name for the call.
    pub transaction_id: Option<String>,
}

/// Whose limit was hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitScope {
    /// One user's; others go on.
    User,
    /// The whole app's; everybody waits.
    App,
}

/// What went wrong with a call, in words that hold no content and no secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// No connection could be made.
    Connect,
    /// No answer came within `CALL_TIMEOUT`.
    Timeout,
    /// The connection broke after the request was written.
    Reset,
    /// The HTTP status does not say whether the request was carried out.
    Status(u16),
    /// The status says success, and the body does not prove it.
    Unreadable,
    /// The worker died during the call.
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
