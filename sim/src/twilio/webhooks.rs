//! The queue of webhooks and status callbacks, and who takes what from it when.

use std::{collections::HashSet, time::Duration};

use birdcall_domain::clock::Timestamp;
use serde::Serialize;
use tokio::sync::watch;

use super::{model::Status, send};
use crate::{
    Delivery, Sim,
    faults::{FaultAction, draw},
    state::State,
};

/// Requests under way at once.
const IN_FLIGHT_MAX: usize = 64;
/// How far a reordered webhook falls behind when a task delivers.
const REORDER_MILLIS_MAX: f64 = 500.0;
/// How often the delivering task looks for what became due.
const DUE_CHECK: Duration = Duration::from_millis(20);

/// What a delivery was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryKind {
    /// A text from a phone.
    Inbound,
    /// News of a text that the app sent.
    Status,
}

/// A webhook or status callback that was sent.
#[derive(Clone, Debug, Serialize)]
pub struct DeliveryRecord {
    /// When it was done.
    pub at: Timestamp,
    /// What it was.
    pub kind: DeliveryKind,
    /// Whose message.
    pub message_sid: String,
    /// The status that it told, for status callbacks.
    pub status: Option<Status>,
    /// Requests made, retries and fallback included.
    pub attempts: u32,
    /// What the app answered last.
    pub answered: Option<u16>,
    /// Twilio's code when no acceptable answer came: 11200, 12100 or 12300.
    pub error_code: Option<u32>,
    /// Whether the fallback URL was asked.
    pub fallback: bool,
}

/// Something to send.
#[derive(Clone, Debug)]
pub(crate) struct Queued {
    pub(super) sid: String,
    /// The news; nothing for an inbound text.
    pub(super) status: Option<(Status, Option<u32>)>,
    due_at: Timestamp,
    /// Faults were drawn already.
    drawn: bool,
    /// What to play when it is sent.
    pub(super) action: Option<FaultAction>,
    /// Reordered: it waits for nobody and nobody waits for it.
    loose: bool,
}

impl Queued {
    pub(super) fn inbound(sid: &str, now: Timestamp) -> Self {
        let sid = sid.to_owned();
        Self {
            sid,
            status: None,
            due_at: now,
            drawn: false,
            action: None,
            loose: false,
        }
    }

    pub(super) fn status(
        sid: &str,
        status: Status,
        error_code: Option<u32>,
        now: Timestamp,
    ) -> Self {
        Self {
            status: Some((status, error_code)),
            ..Self::inbound(sid, now)
        }
    }

    /// Things of one lane go one after the other: the texts of a phone, the news of a text.
    fn lane(&self, state: &State) -> String {
        if self.status.is_some() || self.loose {
            return self.sid.clone();
        }
        let place = state.twilio.by_sid.get(&self.sid);
        place
            .map(|place| state.twilio.messages[*place].from.clone())
            .unwrap_or_default()
    }
}

/// Sends everything that is due, one after the other, until nothing is left.
pub(crate) async fn deliver(sim: &Sim) -> usize {
    let mut sent = 0;
    while let Some((lane, queued)) = sim.with(|state| take(sim, state)) {
        sent += send::send(sim, queued).await;
        sim.with(|state| state.busy_lanes.remove(&lane));
    }
    sent
}

/// Sends things as they come, until told to stop.
pub(crate) async fn run(sim: Sim, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        while let Some((lane, queued)) = sim.with(|state| take(&sim, state)) {
            let sim = sim.clone();
            tokio::spawn(async move {
                send::send(&sim, queued).await;
                sim.with(|state| state.busy_lanes.remove(&lane));
                sim.wake();
            });
        }
        tokio::select! {
            () = sim.woken() => {}
            () = tokio::time::sleep(DUE_CHECK) => {}
            _ = stop.changed() => {}
        }
    }
}

/// The next thing to send, with its lane, which is busy from now on.
fn take(sim: &Sim, state: &mut State) -> Option<(String, Queued)> {
    loop {
        if state.busy_lanes.len() >= IN_FLIGHT_MAX {
            return None;
        }
        let now = sim.now();
        // A lane is blocked by what is under way in it and by what waits before.
        let mut blocked: HashSet<String> = HashSet::new();
        let place = state.twilio.queue.iter().position(|queued| {
            let lane = queued.lane(state);
            if state.busy_lanes.contains(&lane) || blocked.contains(&lane) {
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
        let lane = queued.lane(state);
        state.busy_lanes.insert(lane.clone());
        return Some((lane, queued));
    }
}

/// Draws the faults of one queued thing. True when the queue changed and must be looked at anew.
fn play(sim: &Sim, state: &mut State, place: usize, now: Timestamp) -> bool {
    let State { faults, twilio, .. } = state;
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
                    reason = "between 0 and the named limit"
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
                    reason = "an index into a short queue"
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
