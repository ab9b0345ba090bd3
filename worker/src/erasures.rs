//! Carries erasures on that the process which began them has left, and cleans the file after them.

use std::time::Duration;

use birdcall_ledger::{LedgerResult, erasure::ErasureStep};

use crate::context::Context;

/// The number of steps that one sweep does. Then the other work of a sweep has its turn.
const STEPS_AT_ONCE: u32 = 50;
/// The rest after each step. Whatever else writes gets its turn in it.
const REST: Duration = Duration::from_millis(20);

/// Carries every erasure on, and empties the write-ahead log after those that are over.
pub(crate) async fn carry_on(context: &Context) -> LedgerResult<()> {
    let ledger = &context.ledger;
    for id in ledger.open_erasures().await? {
        let mut steps = 0;
        while steps < STEPS_AT_ONCE {
            steps += 1;
            if ledger.erase_more(&id, context.now()).await? == ErasureStep::Done {
                tracing::info!(erasure.id = id, "a number was erased");
                break;
            }
            tokio::time::sleep(REST).await;
        }
    }
    if ledger.has_unclean_file().await? {
        ledger.clean_file(context.now()).await?;
    }
    Ok(())
}

/// Forgets what is remembered of numbers that were erased long ago.
pub(crate) async fn forget(context: &Context) -> LedgerResult<()> {
    let before = context.now() - context.config.erasures_remembered;
    while context.ledger.forget_erasures(before).await? > 0 {
        tokio::time::sleep(REST).await;
    }
    Ok(())
}
