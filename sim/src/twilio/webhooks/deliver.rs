//! Delivery of what is queued: on demand, or in the background.

use std::time::Duration;

use tokio::sync::watch;

use super::{queue::take, send};
use crate::sim::Sim;

/// How often the delivering task looks for what became due.
const DUE_CHECK: Duration = Duration::from_millis(20);

/// Sends everything that is due, one after the other, until nothing is left.
pub(crate) async fn deliver(sim: &Sim) -> usize {
    let mut sent = 0;
    while let Some((lane, queued)) = sim.with(|state| take(sim, state)) {
        sent += send::send(sim, queued).await;
        sim.with(|state| state.twilio.busy_lanes.remove(&lane));
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
