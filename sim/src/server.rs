//! The start and the shutdown of a simulator, and the routes it serves.

use std::{io, time::Duration};

use axum::{Router, http::StatusCode, middleware};
use tokio::net::TcpListener;

use crate::{
    config::{Delivery, SimConfig},
    connection::{Switch, SwitchListener},
    control, dev_page,
    guard::guard,
    observe::observe,
    sim::Sim,
    twilio::{self, webhooks::deliver},
    x,
};

/// The shutdown waits at most this long for each task.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(2);

impl Sim {
    /// Binds the configured address and serves in background tasks.
    ///
    /// # Errors
    ///
    /// Returns an error if the address cannot be bound.
    pub async fn start(config: SimConfig) -> io::Result<Sim> {
        let listener = TcpListener::bind(config.listen).await?;
        let address = listener.local_addr()?;
        let background = config.delivery == Delivery::Background;
        let sim = Sim::new(config, address);
        let mut stopped = sim.stopping();
        let server = axum::serve(
            SwitchListener(listener),
            router(&sim).into_make_service_with_connect_info::<Switch>(),
        )
        .with_graceful_shutdown(async move {
            // An error means that the simulator is gone, which ends the server as well.
            let _ = stopped.wait_for(|stop| *stop).await;
        });
        sim.keep(tokio::spawn(async move {
            if let Err(error) = server.await {
                tracing::error!(%error, "the simulator stopped serving");
            }
        }));
        if background {
            sim.keep(tokio::spawn(deliver::run(sim.clone(), sim.stopping())));
        }
        Ok(sim)
    }

    /// Stops serving and delivering. Tasks that are still busy after two seconds are aborted.
    pub async fn shutdown(&self) {
        for mut task in self.stop() {
            // A client that keeps its connection busy must not keep the simulator alive.
            if tokio::time::timeout(SHUTDOWN_TIMEOUT, &mut task)
                .await
                .is_err()
            {
                task.abort();
            }
        }
    }
}

fn router(sim: &Sim) -> Router {
    Router::new()
        .merge(x::routes::router())
        .merge(twilio::rest::routes::router())
        .merge(control::router())
        .merge(dev_page::router())
        .fallback(async || (StatusCode::NOT_FOUND, "The simulator has no such route\n"))
        .layer(axum::extract::DefaultBodyLimit::disable())
        .layer(middleware::from_fn_with_state(sim.clone(), observe))
        .layer(middleware::from_fn_with_state(sim.clone(), guard))
        .with_state(sim.clone())
}
