//! The `reauth` job: the answer to a number that is not linked is the sign-in link.

use std::sync::Arc;

use birdcall_domain::settlement::Event;
use birdcall_ledger::LedgerResult;

use crate::{context::Context, in_hand::InHand};

/// Answers with the link; the text itself is not posted.
pub(crate) async fn answer(context: &Arc<Context>, sid: &str) -> LedgerResult<()> {
    match InHand::claim(context, sid).await? {
        Some(hand) => hand.settle(Event::NotLinked).await,
        None => Ok(()),
    }
}
