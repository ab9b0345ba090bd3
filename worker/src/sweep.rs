//! The sweep: the safety net that wakes every row that is due and asleep.

use std::{sync::Arc, time::Duration};

use birdcall_domain::authorization::{SignInEnd, SignInFailure};
use birdcall_ledger::{
    LedgerResult,
    queue::{PRUNED_AT_ONCE, Queue},
    wake::Overdue,
    workers::Heartbeat,
};
use tokio_util::sync::CancellationToken;

use crate::{context::Context, erasures};

/// The number of times that old jobs are removed in one sweep: more jobs than finish between two.
const PRUNINGS_MAX: u32 = 20;
/// The number of rows that are woken at once.
const WOKEN_AT_ONCE: i64 = 500;
/// What apalis knows of a queue's worker is kept for this long after its last jobs were removed.
const QUEUE_WORKERS_KEPT: Duration = Duration::from_secs(3600);
/// A sign-in that was used this long ago and has not ended never will: web died.
const SIGN_IN_LOST_AFTER: Duration = Duration::from_secs(120);

/// The number of unconfirmed sign-ins that end in one sweep.
const UNCONFIRMED_AT_ONCE: i64 = 100;

/// Sweeps until the shutdown, and waits out any trouble of the database.
pub(crate) async fn keep_sweeping(context: Arc<Context>, shutdown: CancellationToken) {
    let mut interval = tokio::time::interval(context.config.limits.sweep_interval);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = shutdown.cancelled() => break,
            _ = interval.tick() => {}
        }
        if let Err(error) = sweep(&context).await {
            tracing::warn!(%error, "the sweep waits for the database");
        }
    }
    if let Err(error) = context.ledger.worker_gone(&context.name).await {
        tracing::debug!(%error, "no goodbye: the database is not available");
    }
}

/// How many jobs of all queues one worker carries out at the same time.
fn slots(concurrency: usize) -> u32 {
    let slots = Queue::ALL.iter().map(|queue| queue.slots(concurrency));
    u32::try_from(slots.sum::<usize>()).unwrap_or(u32::MAX)
}

/// Sweeps once, and returns the number of rows that were woken.
///
/// # Errors
///
/// See [`birdcall_ledger::LedgerError`]; the next sweep makes up for it.
pub async fn sweep(context: &Context) -> LedgerResult<u64> {
    let now = context.now();
    let limits = &context.config.limits;
    let wake = Overdue {
        grace: limits.sweep_grace,
        again: limits.sweep_again,
        limit: WOKEN_AT_ONCE,
    };
    let beat = Heartbeat {
        name: &context.name,
        version: env!("CARGO_PKG_VERSION"),
        slots: slots(limits.worker_concurrency),
        x: context.x.seen(),
        twilio: context.twilio.seen(),
    };
    context.ledger.worker_seen(&beat, now).await?;
    context
        .ledger
        .push_probes(now, limits.probe_interval)
        .await?;
    let mut woken = context.ledger.wake_overdue_texts(now, wake).await?;
    woken += context.ledger.wake_overdue_replies(now, wake).await?;
    woken += context.ledger.wake_overdue_refreshes(now, wake).await?;
    woken += context.ledger.wake_overdue_revocations(now, wake).await?;
    woken += context.ledger.wake_overdue_replays(now, wake).await?;
    if woken > 0 {
        metrics::counter!("birdcall_swept_total").increment(woken);
        tracing::info!(woken, "the sweep woke rows that were due and asleep");
    }
    for queue in [Queue::Tweet, Queue::Reply] {
        context.ledger.release_held(queue, now).await?;
    }
    tell_lost_sign_ins(context).await?;
    end_unconfirmed_sign_ins(context).await?;
    context.ledger.forget_goodbyes().await?;
    erasures::carry_on(context).await?;
    let before = now - limits.replay_runs_kept;
    context.ledger.prune_replay_runs(before).await?;
    for _ in 0..PRUNINGS_MAX {
        let pruned = context.ledger.prune_jobs(now - limits.jobs_kept).await?;
        if pruned < PRUNED_AT_ONCE {
            break;
        }
    }
    let before = now - limits.jobs_kept - QUEUE_WORKERS_KEPT;
    context.ledger.prune_queue_workers(before).await?;
    Ok(woken)
}

/// Tells people whose sign-in ended with the death of web to start again.
async fn tell_lost_sign_ins(context: &Context) -> LedgerResult<()> {
    let now = context.now();
    let lost = context
        .ledger
        .end_lost_authorizations(now - SIGN_IN_LOST_AFTER)
        .await?;
    for (state_hash, phone) in lost {
        let why = SignInFailure::Outage;
        context
            .tell_sign_in_failed(&state_hash, &phone, why)
            .await?;
    }
    Ok(())
}

/// Has X revoke what was granted to sign-ins that nobody confirmed, and tells their phones.
async fn end_unconfirmed_sign_ins(context: &Context) -> LedgerResult<()> {
    let (ledger, now) = (&context.ledger, context.now());
    for given_up in ledger.unconfirmed_grants(now, UNCONFIRMED_AT_ONCE).await? {
        let (grant, why) = (&given_up.grant, SignInFailure::Unconfirmed);
        // A declined sign-in has ended, and its phone was told.
        let ended = ledger.give_grant_up(grant, SignInEnd::Failed(why), now);
        if ended.await?
            && let Some(phone) = &given_up.phone
        {
            let hash = &grant.state_hash;
            context.tell_sign_in_failed(hash, phone, why).await?;
        }
    }
    Ok(())
}
