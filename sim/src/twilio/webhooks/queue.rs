//! The choice of the next webhook or status callback.

use std::{collections::HashSet, time::Duration};

use birdcall_domain::clock::Timestamp;

use super::model::Queued;
use crate::{
    config::Delivery,
    faults::{FaultAction, draw},
    sim::Sim,
    state::SimState,
};

/// At most this many requests are sent at the same time.
const IN_FLIGHT_MAX: usize = 64;
/// A reordered request is delayed by up to this much when a background task delivers.
const REORDER_MILLIS_MAX: f64 = 500.0;

/// Takes the next request from the queue, and marks its lane as busy.
pub(super) fn take(sim: &Sim, state: &mut SimState) -> Option<(String, Queued)> {
    loop {
        if state.twilio.busy_lanes.len() >= IN_FLIGHT_MAX {
            return None;
        }
        let now = sim.now();
        // A lane is blocked by the request that is being sent and by an earlier one that is not
        // due.
        let mut blocked: HashSet<String> = HashSet::new();
        let place = state.twilio.queue.iter().position(|queued| {
            let lane = state.twilio.lane_of(queued);
            if state.twilio.busy_lanes.contains(&lane) || blocked.contains(&lane) {
                return false;
            }
            let due = queued.due_at <= now;
            if !due && !queued.loose {
                blocked.insert(lane);
            }
            due
        })?;
        if !state.twilio.queue[place].drawn && play(sim, state, place, now) {
            continue;
        }
        let queued = state.twilio.queue.remove(place)?;
        let lane = state.twilio.lane_of(&queued);
        state.twilio.busy_lanes.insert(lane.clone());
        return Some((lane, queued));
    }
}

/// Draws the faults of one queued request. Returns true if the queue changed and has to be searched
/// again.
fn play(sim: &Sim, state: &mut SimState, place: usize, now: Timestamp) -> bool {
    let SimState { faults, twilio, .. } = state;
    let queued = &mut twilio.queue[place];
    queued.drawn = true;
    let message = twilio
        .by_sid
        .get(&queued.sid)
        .map(|place| &twilio.messages[*place]);
    let Some(message) = message else { return false };
    let endpoint = match queued.status {
        None => "webhook.inbound",
        Some(_) if message.status_callback.is_some() => "webhook.status",
        Some(_) => return false,
    };
    let random = &sim.config().random;
    let drawn = draw(faults, endpoint, |text| message.body.contains(text), random);
    queued.due_at = now + Duration::from_millis(drawn.delay_millis);
    match drawn.action {
        Some(FaultAction::Duplicate { times }) => {
            let copy = queued.clone();
            for _ in 0..times {
                twilio.queue.insert(place, copy.clone());
            }
            true
        }
        Some(FaultAction::Reorder) => {
            queued.loose = true;
            if sim.config().delivery == Delivery::Background {
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "the value is between 0 and the limit"
                )]
                let millis = (random.unit() * REORDER_MILLIS_MAX) as u64;
                queued.due_at = now + Duration::from_millis(millis);
            }
            let queue = twilio.queue.make_contiguous();
            for last in (1..queue.len()).rev() {
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    clippy::cast_precision_loss,
                    reason = "the value is an index into a short queue"
                )]
                let other = (random.unit() * (last + 1) as f64) as usize;
                queue.swap(last, other.min(last));
            }
            true
        }
        action => {
            queued.action = action;
            drawn.delay_millis > 0
        }
    }
}
