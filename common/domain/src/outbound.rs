//! A reply's way to the phone: every legal transition is in [`settle`].

use std::time::Duration;

use super::{
    backoff::Backoff,
    call::{CallError, TwilioRejection},
};
use crate::clock::Timestamp;

/// Where a reply stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReplyState {
    /// Will be sent.
    Queued,
    /// A call that sends it is armed or under way.
    Sending,
    /// Twilio took it; `delivery` tells the rest.
    Sent,
    /// Given up.
    Failed,
    /// Sent, outcome unknown: being looked up, or at rest.
    InDoubt,
    /// Not sent: the recipient has opted out.
    Suppressed,
}

impl ReplyState {
    /// Every state.
    pub const ALL: [Self; 6] = [
        Self::Queued,
        Self::Sending,
        Self::Sent,
        Self::Failed,
        Self::InDoubt,
        Self::Suppressed,
    ];

    /// The word that is stored and listed.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::InDoubt => "in_doubt",
            Self::Suppressed => "suppressed",
        }
    }

    /// Reads the stored word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// The limits that decide how long and how often.
#[derive(Clone, Debug)]
pub struct Policy {
    /// `RETRY_DELAY_MIN`, `RETRY_DELAY_MAX`.
    pub backoff: Backoff,
    /// `RESOLVE_DELAYS`: Twilio's list is read after each of these.
    pub resolve_delays: Vec<Duration>,
}

/// What settling needs to know of a reply.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// Where it stands.
    pub state: ReplyState,
    /// After this it is given up.
    pub deadline_at: Timestamp,
    /// Failures in a row.
    pub failures: u32,
    /// Looks at Twilio's list since the last unknown outcome.
    pub checks: u32,
}

/// What happened to a reply that a worker holds.
#[derive(Clone, Debug)]
pub enum Event {
    /// Twilio took it (201), or its list shows it.
    Sent {
        /// Twilio's sid.
        twilio_sid: String,
    },
    /// Creating the message failed.
    CallFailed(CallError<TwilioRejection>),
    /// Twilio's list does not show it.
    NotFound,
    /// Twilio's list can't be read.
    Unreadable(CallError<TwilioRejection>),
    /// The worker before us died with an armed call.
    Died,
    /// The phone has opted out.
    OptedOut,
    /// Too many texts to this number just now, or the queue is paused.
    Later(Timestamp),
    /// It was claimed too often without being settled.
    Poison,
}

/// What to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// The new state.
    pub state: ReplyState,
    /// When it is looked at again.
    pub next_attempt_at: Option<Timestamp>,
    /// Failures in a row.
    pub failures: u32,
    /// Looks at Twilio's list.
    pub checks: u32,
    /// Twilio's sid, when it is sent.
    pub twilio_sid: Option<String>,
    /// Why it failed, in words.
    pub error: Option<String>,
    /// Twilio's error code.
    pub error_code: Option<u32>,
    /// The phone must not be texted any more.
    pub opted_out: bool,
}

/// Decides what an event makes of a reply. `unit`, in `0.0..1.0`, is the jitter.
#[must_use]
pub fn settle(
    reply: &Progress,
    event: &Event,
    now: Timestamp,
    unit: f64,
    policy: &Policy,
) -> Settlement {
    let keep = Settlement {
        state: reply.state,
        next_attempt_at: None,
        failures: reply.failures,
        checks: reply.checks,
        twilio_sid: None,
        error: None,
        error_code: None,
        opted_out: false,
    };
    let delay = |failures: u32| now + policy.backoff.delay(failures, unit);
    let in_doubt = |error: String| Settlement {
        state: ReplyState::InDoubt,
        next_attempt_at: Some(now + resolve_delay(policy, 0)),
        checks: 0,
        error: Some(error),
        ..keep.clone()
    };
    // A passing failure: the state stays what it is (queued, or in doubt), later.
    let later = |at: Timestamp, error: String, error_code: Option<u32>| {
        let given_up = at > reply.deadline_at;
        let state = match reply.state {
            ReplyState::InDoubt => ReplyState::InDoubt,
            _ if given_up => ReplyState::Failed,
            _ => ReplyState::Queued,
        };
        Settlement {
            state,
            next_attempt_at: (!given_up).then_some(at),
            failures: reply.failures + 1,
            error: Some(error),
            error_code,
            ..keep.clone()
        }
    };
    match event {
        Event::Sent { twilio_sid } => Settlement {
            state: ReplyState::Sent,
            twilio_sid: Some(twilio_sid.clone()),
            failures: 0,
            ..keep
        },
        Event::Died => in_doubt("the worker died while sending".to_owned()),
        Event::CallFailed(CallError::InDoubt(trouble)) => in_doubt(trouble.to_string()),
        Event::CallFailed(CallError::Rejected(TwilioRejection::OptedOut)) | Event::OptedOut => {
            Settlement {
                state: ReplyState::Suppressed,
                opted_out: true,
                error: Some(TwilioRejection::OptedOut.to_string()),
                error_code: Some(TwilioRejection::OptedOut.code()),
                ..keep
            }
        }
        Event::CallFailed(CallError::Rejected(rejection @ TwilioRejection::Operator(code))) => {
            // The operator mends it; the reply is worth sending after that.
            later(
                delay(reply.failures + 1),
                rejection.to_string(),
                Some(*code),
            )
        }
        Event::CallFailed(CallError::Rejected(rejection)) => Settlement {
            state: ReplyState::Failed,
            error: Some(rejection.to_string()),
            error_code: Some(rejection.code()),
            ..keep
        },
        Event::CallFailed(CallError::RateLimited { until, .. }) => {
            let at = until
                .unwrap_or_else(|| delay(reply.failures + 1))
                .max(delay(1));
            later(at, "Twilio asks to wait".to_owned(), None)
        }
        Event::CallFailed(error) => later(delay(reply.failures + 1), error.to_string(), None),
        Event::NotFound => {
            let checks = reply.checks + 1;
            if (checks as usize) < policy.resolve_delays.len() {
                Settlement {
                    next_attempt_at: Some(now + resolve_delay(policy, checks)),
                    checks,
                    ..keep
                }
            } else if now > reply.deadline_at {
                Settlement {
                    state: ReplyState::Failed,
                    error: Some("too late to send".to_owned()),
                    ..keep
                }
            } else {
                Settlement {
                    state: ReplyState::Queued,
                    next_attempt_at: Some(now),
                    checks: 0,
                    ..keep
                }
            }
        }
        // Never sent blind a second time: past the deadline it rests in doubt.
        Event::Unreadable(error) => later(delay(reply.failures + 1), error.to_string(), None),
        Event::Later(at) => Settlement {
            next_attempt_at: Some(*at),
            ..keep
        },
        Event::Poison if matches!(reply.state, ReplyState::Sending | ReplyState::InDoubt) => {
            Settlement {
                state: ReplyState::InDoubt,
                error: Some("every worker that sent it died".to_owned()),
                ..keep
            }
        }
        Event::Poison => Settlement {
            state: ReplyState::Failed,
            error: Some("every worker that took it died".to_owned()),
            ..keep
        },
    }
}

fn resolve_delay(policy: &Policy, check: u32) -> Duration {
    let delays = &policy.resolve_delays;
    delays
        .get(check as usize)
        .or(delays.last())
        .copied()
        .unwrap_or(policy.backoff.min)
}

/// What became of one of our messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusUpdate {
    /// Twilio's sid of our message.
    pub sid: String,
    /// `queued`, `sent`, `delivered`, …
    pub status: String,
    /// Why it was not delivered.
    pub error_code: Option<u32>,
}

/// The order of Twilio's delivery states: a later rank is never overwritten by an earlier one,
/// since callbacks arrive unordered and without a time.
#[must_use]
pub fn delivery_rank(status: &str) -> i64 {
    match status {
        "accepted" | "scheduled" => 1,
        "queued" => 2,
        "sending" => 3,
        "sent" => 4,
        "delivered" | "undelivered" | "failed" | "canceled" | "partially_delivered" => 5,
        "read" => 6,
        _ => 0,
    }
}

/// What a delivery error means, in words for the operator (protocols: codes that arrive later).
#[must_use]
pub fn delivery_error(code: u32) -> &'static str {
    match code {
        30001 => "Twilio's queue overflowed",
        30002 => "the Twilio account is suspended: its operator must act",
        30003 => "the phone is off or out of reach",
        30004 => "the message is blocked for this phone",
        30005 => "the number does not exist",
        30006 => "a landline, or a carrier that can't be reached",
        30007 => "filtered as spam by Twilio or the carrier",
        30008 => "the carrier gave no reason",
        30017 => "the carrier's network is congested",
        30022 | 30023 | 30027 => "a US A2P 10DLC limit is reached for today",
        30032 => "the toll-free number is not verified: the operator must act",
        30034 | 30035 => "the number is not registered for US A2P 10DLC: the operator must act",
        30036 => "too late: the validity period is over",
        30410 => "the carrier did not answer in time; it may have arrived",
        30450 => "the destination is blocked for now",
        30500 => "an internal error at Twilio",
        14107 => "too many replies within 30 seconds",
        21610 => "the recipient has opted out",
        _ => "an error that Twilio's code names",
    }
}

/// Whether a reply that was not delivered is worth one more try, and after how long.
#[must_use]
pub fn redelivery(code: u32) -> Option<Duration> {
    match code {
        30001 | 30003 | 30008 | 30017 | 30450 | 30500 => Some(Duration::from_secs(300)),
        30022 | 30023 | 30027 => Some(Duration::from_secs(3600)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::{LimitScope, Trouble};

    const NOW: Timestamp = Timestamp(1_000_000_000);

    fn line(state: ReplyState, checks: u32, event: &Event) -> String {
        let policy = Policy {
            backoff: Backoff {
                min: Duration::from_secs(5),
                max: Duration::from_secs(900),
            },
            resolve_delays: [5, 30].map(Duration::from_secs).to_vec(),
        };
        let deadline_at = NOW + Duration::from_secs(3600);
        let reply = Progress {
            state,
            deadline_at,
            failures: 0,
            checks,
        };
        let settlement = settle(&reply, event, NOW, 1.0, &policy);
        let due = settlement.next_attempt_at.map_or_else(
            || "-".to_owned(),
            |at| format!("+{}s", at.since(NOW).as_secs()),
        );
        let code = settlement
            .error_code
            .map_or_else(|| "-".to_owned(), |code| code.to_string());
        format!("{} {due} {code}", settlement.state.as_str())
    }

    #[test]
    fn outcomes_of_sending() {
        use CallError::{InDoubt, NotSent, RateLimited, Rejected, Unauthorized};
        use ReplyState::{InDoubt as Doubt, Queued, Sending};
        let failed = Event::CallFailed;
        for (state, checks, event, expected) in [
            (
                Queued,
                0,
                Event::Sent {
                    twilio_sid: "SM1".into(),
                },
                "sent - -",
            ),
            (Queued, 0, failed(NotSent(Trouble::Connect)), "queued +5s -"),
            (
                Queued,
                0,
                failed(RateLimited {
                    until: None,
                    scope: LimitScope::App,
                }),
                "queued +5s -",
            ),
            (
                Queued,
                0,
                failed(RateLimited {
                    until: Some(NOW + Duration::from_secs(7200)),
                    scope: LimitScope::App,
                }),
                "failed - -",
            ),
            (
                Queued,
                0,
                failed(InDoubt(Trouble::Timeout)),
                "in_doubt +5s -",
            ),
            (Sending, 0, Event::Died, "in_doubt +5s -"),
            (Queued, 0, failed(Unauthorized), "queued +5s -"),
            (
                Queued,
                0,
                failed(Rejected(TwilioRejection::OptedOut)),
                "suppressed - 21610",
            ),
            (
                Queued,
                0,
                failed(Rejected(TwilioRejection::Recipient(21211))),
                "failed - 21211",
            ),
            (
                Queued,
                0,
                failed(Rejected(TwilioRejection::Operator(21606))),
                "queued +5s 21606",
            ),
            (
                Queued,
                0,
                failed(Rejected(TwilioRejection::Request(21617))),
                "failed - 21617",
            ),
            (Doubt, 0, Event::NotFound, "in_doubt +30s -"),
            (Doubt, 1, Event::NotFound, "queued +0s -"),
            (
                Doubt,
                1,
                Event::Sent {
                    twilio_sid: "SM1".into(),
                },
                "sent - -",
            ),
            (
                Doubt,
                0,
                Event::Unreadable(InDoubt(Trouble::Status(500))),
                "in_doubt +5s -",
            ),
            (
                Queued,
                0,
                Event::Later(NOW + Duration::from_secs(9)),
                "queued +9s -",
            ),
            (Queued, 0, Event::OptedOut, "suppressed - 21610"),
            (Sending, 0, Event::Poison, "in_doubt - -"),
            (Queued, 0, Event::Poison, "failed - -"),
        ] {
            assert_eq!(line(state, checks, &event), expected, "{event:?}");
        }
    }

    #[test]
    fn terminal_delivery_states_win() {
        assert!(delivery_rank("delivered") > delivery_rank("sent"));
        assert!(delivery_rank("sent") > delivery_rank("queued"));
        assert_eq!(delivery_rank("something new"), 0);
    }
}
