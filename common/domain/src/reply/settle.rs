//! The judge: what an event makes of a reply.

use std::time::Duration;

use super::{ReplyState, TwilioBecomes, twilio_error};
use crate::{backoff::Backoff, call::CallError, clock::Timestamp, rejection::TwilioRejection};

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
    /// Its state.
    pub state: ReplyState,
    /// After this it is given up.
    pub deadline_at: Timestamp,
    /// Failures in a row.
    pub failures: u32,
    /// Reads of Twilio's list since the last unknown outcome.
    pub checks: u32,
}

/// What happened to a reply that a worker holds.
#[derive(Clone, Debug)]
pub enum Event {
    /// Twilio accepted it (201), or its list shows it.
    Sent {
        /// Twilio's sid.
        twilio_sid: String,
    },
    /// Creating the message failed.
    CallFailed(CallError<TwilioRejection>),
    /// Twilio's list does not show it.
    NotFound,
    /// Twilio's list could not be read.
    Unreadable(CallError<TwilioRejection>),
    /// The worker before this one died during the call.
    Died,
    /// The recipient has opted out.
    OptedOut,
    /// An operator has blocked the recipient's number.
    Blocked,
    /// It may not be sent before this: the queue is paused, or its number got too many texts.
    Later(Timestamp),
    /// Its deadline passed before it could be sent.
    TooLate,
    /// It was claimed too often without being settled.
    Poison,
}

/// What to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// The new state.
    pub state: ReplyState,
    /// When it is due again; `None` when nothing more is going to happen.
    pub next_attempt_at: Option<Timestamp>,
    /// Failures in a row.
    pub failures: u32,
    /// Reads of Twilio's list since the last unknown outcome.
    pub checks: u32,
    /// Twilio's sid, when it is sent.
    pub twilio_sid: Option<String>,
    /// The reason for a failure, in words.
    pub error: Option<String>,
    /// Twilio's error code.
    pub error_code: Option<u32>,
    /// Whether the recipient turned out to have opted out.
    pub opted_out: bool,
    /// All replies wait for the operator, and one at a time tries after these delays.
    pub pause: Option<Backoff>,
}

/// Why a reply to a number that an operator has blocked was not sent.
pub const BLOCKED: &str = "an operator has blocked the number";

/// Why a link or an invitation to a number that an operator has taken off the list was not sent.
pub const UNINVITED: &str = "an operator has taken the number off the list";

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
        pause: None,
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
        Event::Blocked => Settlement {
            state: ReplyState::Suppressed,
            error: Some(BLOCKED.to_owned()),
            ..keep
        },
        Event::CallFailed(CallError::Rejected(
            rejection @ (TwilioRejection::Operator(code) | TwilioRejection::Request(code)),
        )) => {
            // The operator can fix it, and the reply is worth sending after that.
            let concerns_all =
                twilio_error(*code).is_some_and(|row| row.becomes == TwilioBecomes::Account);
            Settlement {
                pause: concerns_all.then_some(policy.backoff),
                ..later(
                    delay(reply.failures + 1),
                    rejection.to_string(),
                    Some(*code),
                )
            }
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
                too_late(keep)
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
        Event::TooLate => too_late(keep),
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

fn too_late(keep: Settlement) -> Settlement {
    Settlement {
        state: ReplyState::Failed,
        error: Some("too late to send".to_owned()),
        ..keep
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
        let pause = if settlement.pause.is_some() {
            " pause"
        } else {
            ""
        };
        format!("{} {due} {code}{pause}", settlement.state.as_str())
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
                failed(Rejected(TwilioRejection::Operator(90010))),
                "queued +5s 90010 pause",
            ),
            (
                Queued,
                0,
                failed(Rejected(TwilioRejection::Request(99_999))),
                "queued +5s 99999",
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
            (Queued, 0, Event::TooLate, "failed - -"),
            (Queued, 0, Event::OptedOut, "suppressed - 21610"),
            (Queued, 0, Event::Blocked, "suppressed - -"),
            (Sending, 0, Event::Poison, "in_doubt - -"),
            (Queued, 0, Event::Poison, "failed - -"),
        ] {
            assert_eq!(line(state, checks, &event), expected, "{event:?}");
        }
    }
}
