//! The judge: what an event makes of a text. Every transition that an event causes is in this
//! folder.

mod call;
mod command;
mod look_up;
mod short;
mod unauthorized;
mod wait;

use std::time::Duration;

use super::{Call, Event, Kind, Policy, Progress, Reason, Settlement, Shortage, TextState};
use crate::{account::TokenTrouble, clock::Timestamp, reply::Sentence};

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
        Event::NoToken(TokenTrouble::NotLinked) => at.unlinked(),
        Event::NoToken(TokenTrouble::Busy) => at.again(now + policy.backoff.min.min(BUSY_DELAY)),
        Event::NoToken(TokenTrouble::Unavailable) if text.state == TextState::InDoubt => {
            at.look_again()
        }
        Event::NoToken(TokenTrouble::AppRefused) => {
            let call = match (text.kind, text.state) {
                (Kind::Command, _) => Call::Command,
                (_, TextState::InDoubt) => Call::LookUp,
                _ => Call::Post,
            };
            at.settle_shortage(call, Shortage::App)
        }
        Event::NoToken(TokenTrouble::Unavailable) | Event::LeaseOver | Event::NotRevoked => {
            at.retry(Reason::Outage)
        }
        Event::UserUnknown => at.look_again(),
        Event::OtherAccount => Settlement {
            tell: Some(Sentence::OtherAccount),
            ..at.rest()
        },
        Event::NotYet => at.retry(Reason::Order),
        Event::Paused(paused) => at.paused(*paused),
        Event::Unpostable(why) => at.refuse(Reason::Unpostable, Sentence::Unpostable(*why)),
        Event::HasMedia => at.refuse(Reason::Media, Sentence::MediaNotYet),
        Event::NotLinked => at.refuse(Reason::NotLinked, Sentence::SignIn),
        // Whether it was posted is not known: it rests instead of failing.
        Event::Poison if matches!(text.state, TextState::Publishing | TextState::InDoubt) => {
            at.rest()
        }
        Event::Poison => at.end(TextState::Failed, Some(Reason::Poison), Some(at.gave_up())),
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
            look_due_at: text.look_due_at,
            doubted: text.doubted,
            unauthorized: text.unauthorized,
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
            unauthorized: None,
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
            Some(self.gave_up()),
        )
    }

    /// The last word to its sender.
    fn gave_up(&self) -> Sentence {
        match self.text.kind {
            Kind::Command => Sentence::GaveUpCommand,
            _ => Sentence::GaveUp,
        }
    }

    /// The word to the sender of what is late because X does not answer.
    fn still_trying(&self) -> Sentence {
        match self.text.kind {
            Kind::Command => Sentence::StillTryingCommand,
            _ => Sentence::StillTrying,
        }
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

    fn in_doubt(&self, reason: Option<Reason>) -> Settlement {
        let look_due_at = Some(self.now + self.resolve_delay(0));
        Settlement {
            state: TextState::InDoubt,
            reason,
            next_attempt_at: look_due_at,
            look_due_at,
            checks: 0,
            failures: 0,
            doubted: true,
            unauthorized: None,
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

    /// A passing failure that changed nothing. The sender of a late text is told once that X does
    /// not answer, if that is the reason.
    fn retry(&self, reason: Reason) -> Settlement {
        let failures = self.text.failures + 1;
        let at = self.delay(failures);
        let notice = (reason == Reason::Outage && self.late(at)).then(|| self.still_trying());
        let settlement = self.wait(reason, at, notice);
        match settlement.state {
            TextState::Failed => settlement,
            _ => Settlement {
                failures,
                ..settlement
            },
        }
    }
}

#[cfg(test)]
pub(in crate::text) mod tests;
