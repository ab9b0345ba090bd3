//! What makes everybody or one account wait, in one table: no credit, too many calls, an app that may
//! not act.

use super::{Pause, Reason};
use crate::{call::LimitScope, clock::Timestamp};

/// The kind of call that X answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// `POST /2/tweets`.
    Post,
    /// Reading the account's timeline, for a text whose outcome is unknown.
    LookUp,
    /// What a command needs, such as `DELETE /2/tweets/:id`.
    Command,
}

/// What X is short of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shortage {
    /// 402: the operator's credit.
    Credit,
    /// 429: too many calls.
    Rate {
        /// When the limit resets, if X said so.
        until: Option<Timestamp>,
        /// Whose limit it is.
        scope: LimitScope,
    },
    /// The operator's app may not act, until the operator has put that right.
    App,
}

/// What is done about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// The text waits for this reason until then.
    Wait {
        /// Why.
        reason: Reason,
        /// Until then.
        at: Timestamp,
        /// Whether its sender is told.
        tell: bool,
        /// Whether everybody waits.
        pause: Option<Pause>,
    },
    /// The text keeps its state, and X is asked again then.
    AskAgain {
        /// When.
        at: Timestamp,
    },
    /// X is not asked again: the owner decides.
    Rest,
}

/// The table. `delay` gives the moment after a number of failures in a row; `failures` counts those
/// before this one.
#[must_use]
pub fn measure(
    call: Call,
    shortage: Shortage,
    failures: u32,
    delay: impl Fn(u32) -> Timestamp,
) -> Measure {
    let next = delay(failures + 1);
    // A reset in the past, or none, is no reason to hammer.
    let reset =
        |until: Option<Timestamp>, otherwise: Timestamp| until.unwrap_or(otherwise).max(delay(1));
    match (call, shortage) {
        (Call::Post, Shortage::Credit) => Measure::Wait {
            reason: Reason::Money,
            at: delay(1),
            tell: true,
            pause: Some(Pause {
                reason: Reason::Money,
                until: None,
            }),
        },
        (Call::Post, Shortage::Rate { until, scope }) => Measure::Wait {
            reason: Reason::RateLimit,
            at: reset(until, next),
            tell: true,
            pause: (scope == LimitScope::App).then_some(Pause {
                reason: Reason::RateLimit,
                until,
            }),
        },
        (Call::LookUp, Shortage::Credit) => Measure::Rest,
        (
            Call::LookUp,
            Shortage::Rate {
                until: Some(until), ..
            },
        ) => Measure::AskAgain {
            at: until.max(delay(1)),
        },
        (Call::LookUp, Shortage::Rate { until: None, .. } | Shortage::App) => {
            Measure::AskAgain { at: next }
        }
        (Call::Command, Shortage::Credit) => Measure::Wait {
            reason: Reason::Money,
            at: next,
            tell: false,
            pause: None,
        },
        (Call::Command, Shortage::Rate { until, .. }) => Measure::Wait {
            reason: Reason::RateLimit,
            at: reset(until, next),
            tell: false,
            pause: None,
        },
        (Call::Post, Shortage::App) => Measure::Wait {
            reason: Reason::Operator,
            at: next,
            tell: true,
            pause: Some(Pause {
                reason: Reason::Operator,
                until: None,
            }),
        },
        (Call::Command, Shortage::App) => Measure::Wait {
            reason: Reason::Operator,
            at: next,
            tell: true,
            pause: None,
        },
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const NOW: Timestamp = Timestamp(1_000_000_000);

    /// Five seconds for each failure in a row.
    fn delay(failures: u32) -> Timestamp {
        NOW + Duration::from_secs(5) * failures
    }

    #[test]
    fn the_table() {
        let reset = |seconds| Some(NOW + Duration::from_secs(seconds));
        let rate = |until, scope| Shortage::Rate { until, scope };
        use LimitScope::{App, User};
        for (call, shortage, expected) in [
            (Call::Post, Shortage::Credit, "money +5s told all wait"),
            (Call::Post, rate(reset(60), User), "rate_limit +60s told"),
            (
                Call::Post,
                rate(reset(60), App),
                "rate_limit +60s told all wait",
            ),
            (Call::Post, rate(reset(0), User), "rate_limit +5s told"),
            (Call::Post, rate(None, User), "rate_limit +15s told"),
            (Call::LookUp, Shortage::Credit, "rest"),
            (Call::LookUp, rate(reset(60), User), "again +60s"),
            (Call::LookUp, rate(reset(0), User), "again +5s"),
            (Call::LookUp, rate(None, App), "again +15s"),
            (Call::Command, Shortage::Credit, "money +15s"),
            (Call::Command, rate(reset(60), App), "rate_limit +60s"),
            (Call::Command, rate(None, App), "rate_limit +15s"),
            (Call::Post, Shortage::App, "operator +15s told all wait"),
            (Call::LookUp, Shortage::App, "again +15s"),
            (Call::Command, Shortage::App, "operator +15s told"),
        ] {
            let after = |at: Timestamp| at.since(NOW).as_secs();
            let found = match measure(call, shortage, 2, delay) {
                Measure::Wait {
                    reason,
                    at,
                    tell,
                    pause,
                } => format!(
                    "{reason} +{}s{}{}",
                    after(at),
                    if tell { " told" } else { "" },
                    if pause.is_some() { " all wait" } else { "" }
                ),
                Measure::AskAgain { at } => format!("again +{}s", after(at)),
                Measure::Rest => "rest".to_owned(),
            };
            assert_eq!(found, expected, "{call:?} {shortage:?}");
        }
    }
}
