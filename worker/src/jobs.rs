//! Every kind of job, and the handler that does it.

use std::sync::Arc;

use birdcall_ledger::{
    LedgerResult,
    queue::{Job, Queue},
};

use crate::{context::Context, refresh, replay, revoke, send_reply, work_on_text};

/// Does one job. Every kind of job is listed here.
///
/// # Errors
///
/// Only infrastructure fails: a job that X or Twilio refused is a job well done. After an error the
/// row stays due, and the sweep wakes it.
pub async fn handle(context: &Arc<Context>, job: &Job) -> LedgerResult<()> {
    if job.is_probe() {
        return context.ledger.finish_probe(job.queue, context.now()).await;
    }
    match job.queue {
        Queue::Tweet | Queue::Command | Queue::Reauth => {
            work_on_text::work_on(context, &job.id).await
        }
        Queue::Reply => send_reply::send(context, &job.id).await,
        Queue::Refresh => refresh::refresh(context, &job.id).await,
        Queue::Revoke => revoke::work_off(context, &job.id).await,
        Queue::Replay => replay::carry_on(context, &job.id).await,
    }
}
