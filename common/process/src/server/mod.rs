//! Serves HTTP to anybody without running out of connections.
//!
//! A connection waits for a request, works on one, or is idle between two. One that waits for too long
//! is closed. When all places are taken, a new connection takes the place of the one that has waited
//! longest; if every connection is working on a request, new ones wait in the system's queue. So silent
//! connections, however many, keep nobody out, and a request that has arrived is never cut off.

mod bodies;
mod connection;
mod limits;
mod metrics;
mod phase;
mod room;

use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::telemetry::LineLimit;
pub use limits::ConnectionLimits;
pub use metrics::show_metrics;
use room::Room;

/// The rest after the system could not accept a connection.
const ACCEPT_AGAIN: Duration = Duration::from_millis(50);

/// Serves `router` until `shutdown`. Then it closes the connections that wait for a request, and
/// returns when the requests that have arrived are answered.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: ConnectionLimits,
    shutdown: &CancellationToken,
) {
    let connections = TaskTracker::new();
    tokio::select! {
        () = shutdown.cancelled() => {}
        () = accept(&listener, &router, limits, shutdown, &connections) => {}
    }
    drop(listener);
    connections.close();
    connections.wait().await;
}

async fn accept(
    listener: &TcpListener,
    router: &Router,
    limits: ConnectionLimits,
    shutdown: &CancellationToken,
    connections: &TaskTracker,
) {
    static NOT_ACCEPTED: LineLimit = LineLimit::new();
    let room = Room::new(limits.connections_max, limits.per_address_max);
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                // A connection that is turned away is closed.
                if let Ok(place) = room.enter(peer.ip()).await {
                    let serving =
                        connection::run(stream, router.clone(), place, limits, shutdown.clone());
                    connections.spawn(serving);
                }
            }
            Err(error) => {
                if let Some(more) = NOT_ACCEPTED.admit() {
                    tracing::warn!(%error, more, "a connection could not be accepted");
                }
                // The process may have no file descriptor left.
                room.make_room();
                tokio::time::sleep(ACCEPT_AGAIN).await;
            }
        }
    }
}
