//! Birdcall's background process: it drains the queues, sweeps, and serves health and metrics.

mod access_token;
mod command;
pub mod context;
mod erasures;
mod health;
mod jobs;
mod look_up;
mod persist;
mod publish;
mod queues;
mod refresh;
mod replay;
mod retention;
mod revoke;
mod send_reply;
mod sweep;
mod sweep_inbound;
mod text_in_hand;
mod work_on_text;

use std::{sync::Arc, time::Duration};

use birdcall_common::{
    config::Config,
    start::{self, RunError},
};
use birdcall_ledger::schema::{SchemaError, SchemaState};
pub use context::Context;
pub use jobs::handle;
pub use retention::remove_old;
pub use sweep::sweep;
pub use sweep_inbound::{SweepInboundError, Swept, open_inbox, sweep_inbound};
use tokio_util::sync::CancellationToken;

/// The time between two looks for the schema.
const SCHEMA_LOOK_AGAIN: Duration = Duration::from_millis(500);

/// Runs until `shutdown`, then finishes or releases what it holds.
///
/// # Errors
///
/// It cannot start. Once it runs, it waits out any trouble of the database.
pub async fn run(config: Config, shutdown: CancellationToken) -> Result<(), RunError> {
    let ledger = start::open_ledger_of_web(&config.database).await?;
    let address = config.worker_listen_addr;
    let listener = start::listen("worker", "WORKER_LISTEN_ADDR", address).await?;
    let context = Context::new(config, ledger);
    let over = start::time_to_finish(&shutdown, context.config.limits.shutdown_timeout);
    let work = async {
        if wait_for_schema(&context, &shutdown).await? {
            drain(&context, &shutdown).await;
        }
        Ok(())
    };
    let all = async {
        let serving = health::serve(Arc::clone(&context), listener, &shutdown);
        let ((), worked) = tokio::join!(serving, work);
        context.ledger.close().await;
        worked
    };
    tokio::select! {
        worked = all => worked,
        () = over.cancelled() => {
            tracing::warn!(
                "some work was still in hand at SHUTDOWN_TIMEOUT; the leases of its rows will end"
            );
            Ok(())
        }
    }
}

/// Waits for the schema. `false`: the shutdown came first.
async fn wait_for_schema(
    context: &Context,
    shutdown: &CancellationToken,
) -> Result<bool, RunError> {
    let mut told = false;
    loop {
        let state = match context.ledger.schema_state().await {
            Ok(state) => state,
            // The start said that the file does not exist yet.
            Err(SchemaError::Unavailable(_)) if !context.config.database.url.exists() => {
                SchemaState::Absent
            }
            Err(SchemaError::Unavailable(error)) => {
                if !told {
                    tracing::warn!(%error, "waiting for the database");
                    told = true;
                }
                SchemaState::Behind
            }
            Err(error) => return Err(error.into()),
        };
        if state == SchemaState::Current {
            return Ok(true);
        }
        if !told {
            tracing::info!("waiting for the schema: web brings it up, or `birdcall migrate`");
            told = true;
        }
        tokio::select! {
            () = shutdown.cancelled() => return Ok(false),
            () = tokio::time::sleep(SCHEMA_LOOK_AGAIN) => {}
        }
    }
}

async fn drain(context: &Arc<Context>, shutdown: &CancellationToken) {
    let sweeper = tokio::spawn(sweep::keep_sweeping(Arc::clone(context), shutdown.clone()));
    let sweeper_inbound = tokio::spawn(sweep_inbound::keep_sweeping(
        Arc::clone(context),
        shutdown.clone(),
    ));
    let remover = tokio::spawn(retention::keep_removing(
        Arc::clone(context),
        shutdown.clone(),
    ));
    queues::monitor(context, shutdown).await;
    // The sweeps end with the shutdown. A panic in one was logged where it happened.
    let _ = sweeper.await;
    let _ = sweeper_inbound.await;
    let _ = remover.await;
}
