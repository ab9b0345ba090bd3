//! What is done with a claimed reply: send it, look for it, or neither.

use std::time::Duration;

use super::{Event, Progress, ReplyState};
use crate::clock::Timestamp;

/// At most `max` replies go to one number within `window`. Twilio cuts off two machines that answer
/// each other (error 14107).
#[derive(Clone, Copy, Debug)]
pub struct Throttle {
    /// `REPLIES_MAX`.
    pub max: u32,
    /// `REPLIES_WINDOW`.
    pub window: Duration,
}

/// What the ledger knows around a reply.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    /// Whether the recipient has opted out.
    pub opted_out: bool,
    /// The queue is paused until then.
    pub paused_until: Option<Timestamp>,
    /// When the `max`-th last reply to this number was sent; `None` when there were fewer.
    pub oldest_of_max: Option<Timestamp>,
}

/// What is done with a claimed reply.
#[derive(Clone, Debug)]
pub enum Step {
    /// Nothing is called: this happened already.
    Settle(Event),
    /// Its outcome is unknown: look for it at Twilio.
    LookUp,
    /// Send it.
    Send,
}

/// Decides what is done with a reply that was claimed `claims` times without being settled, this
/// time included.
#[must_use]
pub fn first_step(
    reply: &Progress,
    claims: u32,
    claims_max: u32,
    around: Standing,
    throttle: Throttle,
    now: Timestamp,
) -> Step {
    let poisoned = claims > claims_max;
    match reply.state {
        ReplyState::Sending | ReplyState::InDoubt if poisoned => Step::Settle(Event::Poison),
        ReplyState::Sending => Step::Settle(Event::Died),
        ReplyState::InDoubt => Step::LookUp,
        _ if around.opted_out => Step::Settle(Event::OptedOut),
        _ if poisoned => Step::Settle(Event::Poison),
        _ if now > reply.deadline_at => Step::Settle(Event::TooLate),
        _ => match not_before(around, throttle, now) {
            Some(at) => Step::Settle(Event::Later(at)),
            None => Step::Send,
        },
    }
}

/// When the next reply to this number may be sent, if not now.
fn not_before(around: Standing, throttle: Throttle, now: Timestamp) -> Option<Timestamp> {
    let window_has_room_at = around.oldest_of_max.map(|oldest| oldest + throttle.window);
    around
        .paused_until
        .or(window_has_room_at)
        .filter(|at| *at > now)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_000_000_000);
    const THROTTLE: Throttle = Throttle {
        max: 10,
        window: Duration::from_secs(30),
    };

    #[test]
    fn what_is_done_with_a_claimed_reply() {
        use ReplyState::{InDoubt, Queued, Sending};
        let around = Standing {
            opted_out: false,
            paused_until: None,
            oldest_of_max: None,
        };
        let opted_out = Standing {
            opted_out: true,
            ..around
        };
        let paused = Standing {
            paused_until: Some(NOW + Duration::from_secs(60)),
            ..around
        };
        let full = Standing {
            oldest_of_max: Some(NOW - Duration::from_secs(10)),
            ..around
        };
        let has_room = Standing {
            oldest_of_max: Some(NOW - Duration::from_secs(30)),
            ..around
        };
        for (state, claims, around, expected) in [
            (Queued, 1, around, "Send"),
            (Queued, 1, has_room, "Send"),
            (Queued, 1, full, "Settle(Later(+20s))"),
            (Queued, 1, paused, "Settle(Later(+60s))"),
            (Queued, 1, opted_out, "Settle(OptedOut)"),
            (Queued, 5, around, "Send"),
            (Queued, 6, around, "Settle(Poison)"),
            (Queued, 6, opted_out, "Settle(OptedOut)"),
            (Sending, 2, opted_out, "Settle(Died)"),
            (Sending, 6, around, "Settle(Poison)"),
            (InDoubt, 2, paused, "LookUp"),
            (InDoubt, 6, around, "Settle(Poison)"),
        ] {
            let found = step(state, claims, around, NOW);
            assert_eq!(found, expected, "{state:?} {claims} {around:?}");
        }
        // Past its deadline, a reply is not sent, whatever held it up. What may have been sent is
        // looked for all the same.
        let late = NOW + Duration::from_millis(1);
        for (state, claims, around, expected) in [
            (Queued, 1, around, "Settle(TooLate)"),
            (Queued, 1, paused, "Settle(TooLate)"),
            (Queued, 1, full, "Settle(TooLate)"),
            (Queued, 1, opted_out, "Settle(OptedOut)"),
            (Sending, 2, around, "Settle(Died)"),
            (InDoubt, 2, around, "LookUp"),
        ] {
            let found = step(state, claims, around, late);
            assert_eq!(found, expected, "late: {state:?} {claims} {around:?}");
        }
    }

    /// What is done with a reply whose deadline is `NOW`, in words.
    fn step(state: ReplyState, claims: u32, around: Standing, now: Timestamp) -> String {
        let reply = Progress {
            state,
            deadline_at: NOW,
            failures: 0,
            checks: 0,
        };
        match first_step(&reply, claims, 5, around, THROTTLE, now) {
            Step::Settle(Event::Later(at)) => {
                format!("Settle(Later(+{}s))", at.since(now).as_secs())
            }
            step => format!("{step:?}"),
        }
    }
}
