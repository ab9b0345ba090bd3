//! The delivery of queued webhooks, on demand or in the background.

use std::time::Duration;

use tokio::sync::watch;

use super::{queue::take, send};
use crate::sim::Sim;

/// The background task looks this often for requests that became due.
const DUE_CHECK: Duration = Duration::from_millis(20);

/// Sends everything that is due, one request after another, and returns the number sent.
pub(crate) async fn deliver(sim: &Sim) -> usize {
    let mut sent = 0;
    while let Some((lane, queued)) = sim.with(|state| take(sim, state)) {
        sent += send::send(sim, queued).await;
        sim.with(|state| state.twilio.busy_lanes.remove(&lane));
    }
    sent
}

/// Sends queued requests as soon as they are due, until `stop` becomes true.
pub(crate) async fn run(sim: Sim, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        while let Some((lane, queued)) = sim.with(|state| take(&sim, state)) {
            let sim = sim.clone();
            tokio::spawn(async move {
                send::send(&sim, queued).await;
                sim.with(|state| state.twilio.busy_lanes.remove(&lane));
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
