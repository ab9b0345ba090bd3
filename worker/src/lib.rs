//! Birdcall's background process: drains the queue, sweeps, says how it is.

mod access_token;
mod command;
pub mod context;
mod health;
mod look_up;
mod persist;
mod publish;
mod queues;
mod refresh;
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
use birdcall_ledger::{
    LedgerError,
    queue::{Job, Queue},
    schema::{SchemaError, SchemaState},
};
pub use context::Context;
pub use revoke::revoke_tokens;
pub use sweep::sweep;
pub use sweep_inbound::{SweepInboundError, Swept, open_inbox, sweep_inbound};
use tokio_util::sync::CancellationToken;

/// How long the schema is waited for between two looks.
const SCHEMA_LOOK_AGAIN: Duration = Duration::from_millis(500);

/// Runs until `shutdown`, then finishes or releases what it holds.
///
/// # Errors
///
/// It can't start. Once it runs, trouble with the database is waited out.
pub async fn run(config: Config, shutdown: CancellationToken) -> Result<(), RunError> {
    let ledger = start::open_ledger(&config.database).await?;
    let address = config.worker_listen_addr;
    let listener = start::listen("worker", "WORKER_LISTEN_ADDR", address).await?;
    let context = Context::new(config, ledger);
    let health = tokio::spawn(health::serve(
        Arc::clone(&context),
        listener,
        shutdown.clone(),
    ));
    if wait_for_schema(&context, &shutdown).await? {
        drain(&context, &shutdown).await;
    }
    // Serving health ends with the shutdown; how it ended says nothing more.
    let _ = health.await;
    context.ledger.close().await;
    Ok(())
}

/// `false`: shut down before there was a schema.
async fn wait_for_schema(
    context: &Context,
    shutdown: &CancellationToken,
) -> Result<bool, RunError> {
    let mut told = false;
    loop {
        let state = match context.ledger.schema_state().await {
            Ok(state) => state,
            Err(SchemaError::Unavailable(error)) => {
                tracing::warn!(%error, "waiting for the database");
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
    queues::monitor(context, shutdown).await;
    // The sweep ends with the shutdown; a panic in it was logged where it happened.
    let _ = sweeper.await;
    let _ = sweeper_inbound.await;
}

/// Does one job: every job there is.
///
/// # Errors
///
/// Infrastructure only: whatever X or Twilio say is a job well done. The row stays due, and the
/// sweep wakes it.
pub async fn handle(context: &Arc<Context>, job: &Job) -> Result<(), LedgerError> {
    match job.queue {
        Queue::Tweet | Queue::Reauth => work_on_text::work_on(context, &job.id).await,
        Queue::Reply => send_reply::send(context, &job.id).await,
        Queue::Refresh => refresh::refresh(context, &job.id).await,
    }
}
