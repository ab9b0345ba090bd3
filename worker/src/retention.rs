//! Removes what is older than the operator wants to keep.

use std::{sync::Arc, time::Duration};

use birdcall_domain::clock::Timestamp;
use birdcall_ledger::{
    LedgerResult,
    retention::{Old, REMOVED_AT_ONCE, Walk},
};
use tokio_util::sync::CancellationToken;

use crate::{context::Context, erasures};

/// The rest after each look and after each transaction. Whatever else writes gets its turn in it.
const REST: Duration = Duration::from_millis(50);

/// Removes what is old every `REMOVAL_INTERVAL`, until the shutdown. The first time comes after as long.
pub(crate) async fn keep_removing(context: Arc<Context>, shutdown: CancellationToken) {
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(context.config.limits.removal_interval) => {}
        }
        let removed = tokio::select! {
            () = shutdown.cancelled() => return,
            removed = remove_with_rests(&context, REST) => removed,
        };
        match removed {
            Ok(0) => {}
            Ok(removed) => tracing::info!(removed, "what was older than it is kept was removed"),
            Err(error) => tracing::warn!(%error, "removing what is old waits for the database"),
        }
    }
}

/// Removes everything that is old now, and returns how many rows went or lost their words.
///
/// # Errors
///
/// See [`birdcall_ledger::LedgerError`]. What was removed is gone; the next time makes up for the rest.
pub async fn remove_old(context: &Context) -> LedgerResult<u64> {
    remove_with_rests(context, Duration::ZERO).await
}

async fn remove_with_rests(context: &Context, rest: Duration) -> LedgerResult<u64> {
    let (keeping, now) = (context.config.limits.keeping, context.now());
    if let Some(before) = keeping.texts_change_before(now) {
        context.ledger.note_removal(before).await?;
    }
    erasures::forget(context).await?;
    let mut removed = 0;
    for old in Old::ALL {
        let kept = match old {
            Old::TextBodies | Old::ReplyBodies => keeping.bodies,
            Old::Texts | Old::Replies | Old::Deliveries | Old::Lanes => keeping.texts,
            Old::Audit => keeping.audit,
        };
        if let Some(kept) = kept {
            removed += remove(context, old, now - kept, now, rest).await?;
        }
    }
    Ok(removed)
}

async fn remove(
    context: &Context,
    old: Old,
    before: Timestamp,
    now: Timestamp,
    rest: Duration,
) -> LedgerResult<u64> {
    let (ledger, mut walk, mut removed) = (&context.ledger, Walk::default(), 0);
    loop {
        let looked = ledger.look_for_old(old, &mut walk, before, now).await?;
        for rows in looked.ripe.chunks(REMOVED_AT_ONCE) {
            let went = ledger.remove_old(old, rows, now).await?;
            metrics::counter!("birdcall_removed_total", "what" => old.as_str()).increment(went);
            removed += went;
            tokio::time::sleep(rest).await;
        }
        if !looked.more {
            return Ok(removed);
        }
        tokio::time::sleep(rest).await;
    }
}
