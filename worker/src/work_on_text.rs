//! The `tweet` and `reauth` jobs: one text, from the claim to the settling.
//!
//! Every job has this shape: claim a row, act on it (with at most one call that must not be repeated
//! blindly), and settle it once with the event that came of it.

use std::sync::Arc;

use birdcall_domain::text::{Event, Kind, MessageSid, TextState, verdict};
use birdcall_ledger::LedgerResult;

use crate::{
    command::carry_out, context::Context, look_up::look_up, publish::publish, text_in_hand::Hand,
};

/// Works on a text until it is settled: for good, or until it is due again.
pub(crate) async fn work_on(context: &Arc<Context>, sid: &str) -> LedgerResult<()> {
    let Ok(sid) = sid.parse::<MessageSid>() else {
        tracing::error!("a job names a text that cannot exist");
        return Ok(());
    };
    let Some(mut hand) = Hand::claim(context, &sid).await? else {
        return Ok(());
    };
    let done = match act(&mut hand).await {
        Ok(Some(event)) => hand.settle(event).await,
        // Another text comes first, or another worker has this one.
        Ok(None) => Ok(()),
        Err(error) => Err(error),
    };
    if done.is_err() {
        hand.give_back().await?;
    }
    done
}

/// Acts on the text in hand, and returns what happened to it; `None` when it was let go.
async fn act(hand: &mut Hand) -> LedgerResult<Option<Event>> {
    let progress = hand.text().progress;
    if let Some(event) = verdict(&progress, hand.claims_max()) {
        return Ok(Some(event));
    }
    match progress.kind {
        Kind::Post if progress.state == TextState::InDoubt => look_up(hand).await.map(Some),
        Kind::Post => publish(hand).await,
        Kind::Command => carry_out(hand).await.map(Some),
        Kind::SignIn | Kind::Ignored => Ok(Some(Event::NotLinked)),
    }
}
