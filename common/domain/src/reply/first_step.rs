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
#[derive(Clone, Debug)]
pub struct Standing {
    /// Whether an operator has blocked the recipient's number.
    pub blocked: bool,
    /// Whether the recipient has opted out.
    pub opted_out: bool,
    /// The queue is paused until then.
    pub paused_until: Option<Timestamp>,
    /// When this reply's turn is, if it had to wait for one.
    pub turn_at: Option<Timestamp>,
    /// When the last replies to this number were sent; [`Throttle::max`] of them are enough.
    pub sent: Vec<Timestamp>,
    /// The turns of other replies that wait for this number; the last [`Throttle::max`] of them are
    /// enough.
    pub turns: Vec<Timestamp>,
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
    around: &Standing,
    throttle: Throttle,
    now: Timestamp,
) -> Step {
    let poisoned = claims > claims_max;
    match reply.state {
        ReplyState::Sending | ReplyState::InDoubt if poisoned => Step::Settle(Event::Poison),
        ReplyState::Sending => Step::Settle(Event::Died),
        ReplyState::InDoubt => Step::LookUp,
        _ if around.blocked => Step::Settle(Event::Blocked),
        _ if around.opted_out => Step::Settle(Event::OptedOut),
        _ if poisoned => Step::Settle(Event::Poison),
        _ if now > reply.deadline_at => Step::Settle(Event::TooLate),
        _ => match not_before(around, throttle, now) {
            Some(at) => Step::Settle(Event::Later(at)),
            None => Step::Send,
        },
    }
}

/// When the reply may be sent, if not now.
fn not_before(around: &Standing, throttle: Throttle, now: Timestamp) -> Option<Timestamp> {
    around
        .paused_until
        .or_else(|| turn(around, throttle))
        .filter(|at| *at > now)
}

/// When the window of the number has room for the reply. Replies that wait already count as if they
/// had been sent at their turns, so each turn is given once, and no reply looks for a turn again and
/// again.
fn turn(around: &Standing, throttle: Throttle) -> Option<Timestamp> {
    let nth_last = |mut moments: Vec<Timestamp>| {
        moments.sort_unstable_by(|one, other| other.cmp(one));
        let place = (throttle.max as usize).saturating_sub(1);
        moments.get(place).map(|at| *at + throttle.window)
    };
    let sent = nth_last(around.sent.clone());
    // A reply whose turn has come goes before those that come after it.
    if let Some(turn_at) = around.turn_at
        && sent.is_none_or(|room_at| room_at <= turn_at)
    {
        return Some(turn_at);
    }
    let all = around.sent.iter().chain(&around.turns).copied();
    nth_last(all.collect())
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
            blocked: false,
            opted_out: false,
            paused_until: None,
            turn_at: None,
            sent: Vec::new(),
            turns: Vec::new(),
        };
        let opted_out = Standing {
            opted_out: true,
            ..around.clone()
        };
        let blocked = Standing {
            blocked: true,
            ..around.clone()
        };
        let paused = Standing {
            paused_until: Some(NOW + Duration::from_secs(60)),
            ..around.clone()
        };
        let full = Standing {
            sent: vec![NOW - Duration::from_secs(10); 10],
            ..around.clone()
        };
        let has_room = Standing {
            sent: vec![NOW - Duration::from_secs(30); 10],
            ..around.clone()
        };
        for (state, claims, around, expected) in [
            (Queued, 1, &around, "Send"),
            (Queued, 1, &has_room, "Send"),
            (Queued, 1, &full, "Settle(Later(+20s))"),
            (Queued, 1, &paused, "Settle(Later(+60s))"),
            (Queued, 1, &opted_out, "Settle(OptedOut)"),
            (Queued, 5, &around, "Send"),
            (Queued, 6, &around, "Settle(Poison)"),
            (Queued, 6, &opted_out, "Settle(OptedOut)"),
            (Queued, 1, &blocked, "Settle(Blocked)"),
            (Queued, 6, &blocked, "Settle(Blocked)"),
            (Sending, 2, &blocked, "Settle(Died)"),
            (InDoubt, 2, &blocked, "LookUp"),
            (Sending, 2, &opted_out, "Settle(Died)"),
            (Sending, 6, &around, "Settle(Poison)"),
            (InDoubt, 2, &paused, "LookUp"),
            (InDoubt, 6, &around, "Settle(Poison)"),
        ] {
            let found = step(state, claims, around, NOW);
            assert_eq!(found, expected, "{state:?} {claims} {around:?}");
        }
        // Past its deadline, a reply is not sent, whatever held it up. What may have been sent is
        // looked for all the same.
        let late = NOW + Duration::from_millis(1);
        for (state, claims, around, expected) in [
            (Queued, 1, &around, "Settle(TooLate)"),
            (Queued, 1, &paused, "Settle(TooLate)"),
            (Queued, 1, &full, "Settle(TooLate)"),
            (Queued, 1, &opted_out, "Settle(OptedOut)"),
            (Sending, 2, &around, "Settle(Died)"),
            (InDoubt, 2, &around, "LookUp"),
        ] {
            let found = step(state, claims, around, late);
            assert_eq!(found, expected, "late: {state:?} {claims} {around:?}");
        }
    }

    /// What is done with a reply whose deadline is `NOW`, in words.
    fn step(state: ReplyState, claims: u32, around: &Standing, now: Timestamp) -> String {
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

    #[test]
    fn replies_to_one_number_take_turns_in_its_window() {
        let ago = |seconds: u64| NOW - Duration::from_secs(seconds);
        let later = |seconds: u64| NOW + Duration::from_secs(seconds);
        let throttle = Throttle {
            max: 2,
            window: Duration::from_secs(30),
        };
        for (turn_at, sent, turns, expected) in [
            (None, vec![], vec![], None),
            (None, vec![ago(10)], vec![], None),
            // The window has room when the older of the two has left it.
            (None, vec![ago(5), ago(10)], vec![], Some(20)),
            // The next ones take their turns behind those that wait.
            (None, vec![ago(5), ago(10)], vec![later(20)], Some(25)),
            (
                None,
                vec![ago(5), ago(10)],
                vec![later(25), later(20)],
                Some(50),
            ),
            // Those that have left the window count no more.
            (None, vec![ago(31), ago(32)], vec![], None),
            (None, vec![ago(31)], vec![later(5), ago(1)], Some(29)),
            // Whose turn has come does not wait for those behind it.
            (
                Some(ago(1)),
                vec![ago(10)],
                vec![later(20), later(20)],
                None,
            ),
            (Some(NOW), vec![ago(5), ago(30)], vec![later(25)], None),
            // It does if others took the room meanwhile.
            (Some(ago(1)), vec![ago(5), ago(10)], vec![], Some(20)),
            // It came too early: its turn stays.
            (Some(later(7)), vec![ago(20), ago(23)], vec![], Some(7)),
        ] {
            let around = Standing {
                blocked: false,
                opted_out: false,
                paused_until: None,
                turn_at,
                sent,
                turns,
            };
            let found = not_before(&around, throttle, NOW);
            let expected = expected.map(|seconds| NOW + Duration::from_secs(seconds));
            assert_eq!(found, expected, "{around:?}");
        }
    }
}
