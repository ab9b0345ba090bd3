//! The judge: what an event makes of a text. Every transition that an event causes is here.

use std::time::Duration;

use super::{
    Call, Event, Kind, Measure, Policy, Progress, Reason, Settlement, Shortage, TextState, measure,
};
use crate::{
    account::TokenTrouble, call::CallError, clock::Timestamp, rejection::XRejection,
    reply::Sentence,
};

/// Decides what an event makes of a text. `unit`, in `0.0..1.0`, is the jitter.
#[must_use]
pub fn settle(
    text: &Progress,
    event: &Event,
    now: Timestamp,
    unit: f64,
    policy: &Policy,
) -> Settlement {
    let at = Settling {
        text,
        now,
        unit,
        policy,
    };
    match event {
        Event::Published { post_id } => Settlement {
            post_id: Some(post_id.clone()),
            ..at.end(
                TextState::Published,
                None,
                Some(Sentence::Tweeted {
                    post_id: post_id.clone(),
                }),
            )
        },
        Event::CallFailed {
            error,
            token_version,
        } => at.call_failed(error, *token_version),
        Event::NotFound => at.not_found(),
        Event::Unreadable {
            error,
            token_version,
        } => at.unreadable(error, *token_version),
        Event::Died => Settlement {
            deaths: text.deaths + 1,
            ..at.in_doubt(None)
        },
        Event::NoToken(TokenTrouble::SignInNeeded) => at.sign_in_needed(),
        Event::NoToken(TokenTrouble::Busy) => at.again(now + policy.backoff.min.min(BUSY_DELAY)),
        Event::NoToken(TokenTrouble::Unavailable) if text.state == TextState::InDoubt => {
            at.look_again()
        }
        Event::NoToken(TokenTrouble::Unavailable) | Event::LeaseOver | Event::NotRevoked => {
            at.retry(Reason::Outage)
        }
        Event::UserUnknown => at.look_again(),
        Event::NotYet => at.retry(Reason::Order),
        Event::Paused { until, reason } => at.paused(*until, *reason),
        Event::Unpostable(why) => at.refuse(Reason::Unpostable, Sentence::Unpostable(*why)),
        Event::HasMedia => at.refuse(Reason::Media, Sentence::MediaNotYet),
        Event::NotLinked => at.refuse(Reason::NotLinked, Sentence::SignIn),
        // Whether it was posted is not known: it rests instead of failing.
        Event::Poison if matches!(text.state, TextState::Publishing | TextState::InDoubt) => {
            at.rest()
        }
        Event::Poison => at.end(
            TextState::Failed,
            Some(Reason::Poison),
            Some(Sentence::GaveUp),
        ),
        Event::Done { tell, effect } => Settlement {
            effect: effect.clone(),
            ..at.end(TextState::Command, None, Some(tell.clone()))
        },
        Event::CommandFailed {
            error,
            token_version,
        } => at.command_failed(error, *token_version),
    }
}

/// Of this many 401s in a row, one refreshes the token.
const FAILURES_PER_REFRESH: u32 = 4;
/// The longest wait for a token that another process is refreshing.
const BUSY_DELAY: Duration = Duration::from_secs(1);

struct Settling<'a> {
    text: &'a Progress,
    now: Timestamp,
    unit: f64,
    policy: &'a Policy,
}

impl Settling<'_> {
    /// Nothing has changed but the claim.
    fn keep(&self) -> Settlement {
        let text = self.text;
        Settlement {
            state: text.state,
            reason: text.reason,
            next_attempt_at: None,
            deadline_at: text.deadline_at,
            failures: text.failures,
            deaths: text.deaths,
            checks: text.checks,
            doubted: text.doubted,
            unauthorized_version: text.unauthorized_version,
            post_id: None,
            tell: None,
            effect: None,
            pause: None,
            needs_sign_in: false,
        }
    }

    fn end(&self, state: TextState, reason: Option<Reason>, tell: Option<Sentence>) -> Settlement {
        Settlement {
            state,
            reason,
            tell,
            failures: 0,
            unauthorized_version: None,
            ..self.keep()
        }
    }

    fn refuse(&self, reason: Reason, tell: Sentence) -> Settlement {
        self.end(TextState::Refused, Some(reason), Some(tell))
    }

    fn give_up(&self) -> Settlement {
        self.end(
            TextState::Failed,
            Some(Reason::Horizon),
            Some(Sentence::GaveUp),
        )
    }

    /// As before, a little later: nothing was learned.
    fn again(&self, at: Timestamp) -> Settlement {
        Settlement {
            next_attempt_at: Some(at),
            ..self.keep()
        }
    }

    fn wait(&self, reason: Reason, at: Timestamp, notice: Option<Sentence>) -> Settlement {
        if at > self.text.deadline_at {
            return self.give_up();
        }
        Settlement {
            state: TextState::Waiting,
            reason: Some(reason),
            next_attempt_at: Some(at),
            tell: notice,
            ..self.keep()
        }
    }

    fn delay(&self, failures: u32) -> Timestamp {
        self.now + self.policy.backoff.delay(failures, self.unit)
    }

    fn late(&self, at: Timestamp) -> bool {
        at.since(self.text.received_at) >= self.policy.late_after
    }

    /// A passing failure that changed nothing. The sender of a late text is told once that X does
    /// not answer, if that is the reason.
    fn retry(&self, reason: Reason) -> Settlement {
        let failures = self.text.failures + 1;
        let at = self.delay(failures);
        let notice = (reason == Reason::Outage && self.late(at)).then_some(Sentence::StillTrying);
        let settlement = self.wait(reason, at, notice);
        match settlement.state {
            TextState::Failed => settlement,
            _ => Settlement {
                failures,
                ..settlement
            },
        }
    }

    fn call_failed(&self, error: &CallError<XRejection>, token_version: i64) -> Settlement {
        match error {
            CallError::InDoubt(_) => self.in_doubt(None),
            CallError::NotSent(_) => self.retry(Reason::Outage),
            CallError::Unauthorized => self.unauthorized(token_version),
            CallError::PaymentRequired => self.short(Call::Post, Shortage::Credit),
            CallError::RateLimited { until, scope } => {
                let (until, scope) = (*until, *scope);
                self.short(Call::Post, Shortage::Rate { until, scope })
            }
            CallError::Rejected(XRejection::MissingScope) => Settlement {
                needs_sign_in: true,
                ..self.sign_in_needed()
            },
            // After an unknown outcome a duplicate is evidence that the first try got through:
            // look for it once more before saying no.
            CallError::Rejected(XRejection::Duplicate)
                if self.text.doubted && self.text.reason != Some(Reason::Duplicate) =>
            {
                self.in_doubt(Some(Reason::Duplicate))
            }
            CallError::Rejected(rejection) => {
                self.refuse(Reason::Rejected, Sentence::Rejected(rejection.clone()))
            }
        }
    }

    /// 402 or 429: see the table in `shortage.rs`.
    fn short(&self, call: Call, shortage: Shortage) -> Settlement {
        let failures = self.text.failures;
        match measure(call, shortage, failures, |n| self.delay(n)) {
            Measure::Wait {
                reason,
                at,
                tell,
                pause,
            } => {
                let notice = tell.then(|| self.notice(reason, at)).flatten();
                Settlement {
                    pause,
                    ..self.wait(reason, at, notice)
                }
            }
            Measure::AskAgain { at } => self.unreadable_until(at),
            Measure::Rest => self.rest(),
        }
    }

    fn notice(&self, reason: Reason, until: Timestamp) -> Option<Sentence> {
        match reason {
            Reason::Money => Some(Sentence::OutOfCredit),
            Reason::RateLimit => Some(Sentence::RateLimited { until }),
            _ => None,
        }
    }

    /// 401: refresh once and try again once. `None`: this is the second one, an outage and not a
    /// dead connection (X answered 401 to everybody for hours on 2026-06-30).
    fn refresh_first(&self, token_version: i64) -> Option<Settlement> {
        let once = self.text.unauthorized_version.is_none();
        once.then(|| Settlement {
            unauthorized_version: Some(token_version),
            ..self.again(self.now)
        })
    }

    /// 401 again and again: now and then the newer token is doubted, too. It may have died in its
    /// turn, and every refresh in an outage is a chance to lose the pair, so not each time.
    fn refresh_now_and_then(&self, token_version: i64, later: Settlement) -> Settlement {
        match later.failures.is_multiple_of(FAILURES_PER_REFRESH) && later.next_attempt_at.is_some()
        {
            true => Settlement {
                unauthorized_version: Some(token_version),
                ..later
            },
            false => later,
        }
    }

    fn unauthorized(&self, token_version: i64) -> Settlement {
        match self.refresh_first(token_version) {
            Some(first) => Settlement {
                state: TextState::Received,
                reason: None,
                ..first
            },
            None => self.refresh_now_and_then(token_version, self.retry(Reason::Outage)),
        }
    }

    fn in_doubt(&self, reason: Option<Reason>) -> Settlement {
        Settlement {
            state: TextState::InDoubt,
            reason,
            next_attempt_at: Some(self.now + self.resolve_delay(0)),
            checks: 0,
            failures: 0,
            doubted: true,
            unauthorized_version: None,
            ..self.keep()
        }
    }

    fn resolve_delay(&self, check: u32) -> Duration {
        let delays = &self.policy.resolve_delays;
        delays
            .get(check as usize)
            .or(delays.last())
            .copied()
            .unwrap_or(self.policy.backoff.min)
    }

    fn not_found(&self) -> Settlement {
        let checks = self.text.checks + 1;
        if (checks as usize) < self.policy.resolve_delays.len() {
            let at = self.now + self.resolve_delay(checks);
            return Settlement {
                checks,
                failures: 0,
                unauthorized_version: None,
                ..self.again(at)
            };
        }
        if self.text.reason == Some(Reason::Duplicate) {
            return self.refuse(Reason::Duplicate, Sentence::AlreadyPosted);
        }
        if self.now > self.text.deadline_at {
            return self.give_up();
        }
        // Not there after the last look: it was not posted, and may be.
        Settlement {
            state: TextState::Received,
            reason: None,
            next_attempt_at: Some(self.now),
            checks: 0,
            failures: 0,
            unauthorized_version: None,
            ..self.keep()
        }
    }

    fn unreadable(&self, error: &CallError<XRejection>, token_version: i64) -> Settlement {
        match error {
            CallError::Unauthorized => self
                .refresh_first(token_version)
                .unwrap_or_else(|| self.refresh_now_and_then(token_version, self.look_again())),
            CallError::PaymentRequired => self.short(Call::LookUp, Shortage::Credit),
            CallError::RateLimited { until, scope } => {
                let (until, scope) = (*until, *scope);
                self.short(Call::LookUp, Shortage::Rate { until, scope })
            }
            CallError::Rejected(_) => self.rest(),
            CallError::NotSent(_) | CallError::InDoubt(_) => self.look_again(),
        }
    }

    /// The timeline could not be read for a passing reason.
    fn look_again(&self) -> Settlement {
        self.unreadable_until(self.delay(self.text.failures + 1))
    }

    fn unreadable_until(&self, at: Timestamp) -> Settlement {
        if at > self.text.deadline_at {
            return self.rest();
        }
        Settlement {
            failures: self.text.failures + 1,
            tell: self.late(at).then_some(Sentence::StillTrying),
            ..self.again(at)
        }
    }

    /// Nobody can tell whether it was posted: its owner decides.
    fn rest(&self) -> Settlement {
        Settlement {
            state: TextState::InDoubt,
            doubted: true,
            tell: Some(Sentence::Unresolved),
            ..self.keep()
        }
    }

    fn sign_in_needed(&self) -> Settlement {
        let in_doubt = self.text.state == TextState::InDoubt;
        if self.text.reason == Some(Reason::SignIn) {
            // It was due because its time is over, or because somebody looked too early.
            return match self.now >= self.text.deadline_at {
                true if in_doubt => self.rest(),
                true => self.give_up(),
                false => self.again(self.text.deadline_at),
            };
        }
        let deadline_at = self
            .text
            .deadline_at
            .max(self.now + self.policy.sign_in_wait_max);
        Settlement {
            // What is in doubt is looked for after the sign-in, not posted again.
            state: if in_doubt {
                TextState::InDoubt
            } else {
                TextState::Waiting
            },
            reason: Some(Reason::SignIn),
            next_attempt_at: Some(deadline_at),
            deadline_at,
            tell: Some(match self.text.kind {
                Kind::Command => Sentence::SignInForCommand,
                _ => Sentence::SignInAgain,
            }),
            failures: 0,
            unauthorized_version: None,
            ..self.keep()
        }
    }

    fn paused(&self, until: Timestamp, reason: Reason) -> Settlement {
        if self.text.state == TextState::InDoubt {
            // What is in doubt is read, not posted: it keeps its state.
            return self.again(until);
        }
        if self.now >= self.text.deadline_at && reason != Reason::Paused {
            return self.give_up();
        }
        Settlement {
            state: TextState::Waiting,
            reason: Some(reason),
            // At the deadline its sender is told, paused or not.
            next_attempt_at: Some(
                until.min(
                    self.text
                        .deadline_at
                        .max(self.now + self.policy.backoff.min),
                ),
            ),
            tell: self.notice(reason, until),
            ..self.keep()
        }
    }

    /// What a command asks of X can be asked again (a second deletion or revocation changes
    /// nothing), so an unknown outcome is a passing failure.
    fn command_failed(&self, error: &CallError<XRejection>, token_version: i64) -> Settlement {
        match error {
            CallError::Unauthorized => self.refresh_first(token_version).unwrap_or_else(|| {
                self.refresh_now_and_then(token_version, self.retry(Reason::Outage))
            }),
            CallError::InDoubt(_) | CallError::NotSent(_) => self.retry(Reason::Outage),
            CallError::PaymentRequired => self.short(Call::Command, Shortage::Credit),
            CallError::RateLimited { until, scope } => {
                let (until, scope) = (*until, *scope);
                self.short(Call::Command, Shortage::Rate { until, scope })
            }
            CallError::Rejected(rejection) => self.end(
                TextState::Command,
                Some(Reason::Rejected),
                Some(Sentence::CommandRejected(rejection.clone())),
            ),
        }
    }
}

#[cfg(test)]
#[path = "settle_tests.rs"]
pub(super) mod tests;
