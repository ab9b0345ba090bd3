//! Texts that never reached web: Twilio gives up after its retries, but its list still has them.

use std::{sync::Arc, time::Duration};

use birdcall_common::{
    clock::Timestamp,
    domain::call::{CallError, TwilioRejection},
    store::{
        StoreError,
        inbox::{Door, Inbox, Receipt},
    },
    twilio::{messages::Listed, webhook::InboundText},
};
use thiserror::Error;
use tokio_util::sync::CancellationToken;

use crate::context::Context;

/// A webhook may still be on its way for this long.
const ON_ITS_WAY: Duration = Duration::from_secs(60);
/// How far back the schedule looks: what is older is looked for by hand, with `--since`.
const LOOK_BACK: Duration = Duration::from_secs(24 * 3600);

/// Why missed texts can't be looked for.
#[derive(Debug, Error)]
pub enum SweepInboundError {
    /// Twilio's list can't be read.
    #[error("Twilio's list can't be read: {0}")]
    Twilio(CallError<TwilioRejection>),
    /// The database is not available.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Looks for missed texts on a schedule, until the shutdown.
pub(crate) async fn keep_sweeping(context: Arc<Context>, shutdown: CancellationToken) {
    let inbox = Inbox::open(door(&context));
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(context.config.limits.sweep_inbound_interval) => {}
        }
        match sweep_inbound(&context, &inbox, context.now() - LOOK_BACK).await {
            Ok(0) => {}
            Ok(taken) => tracing::warn!(
                taken,
                "texts that never reached web were taken in from Twilio's list"
            ),
            Err(error) => tracing::warn!(%error, "missed texts are looked for again later"),
        }
    }
}

/// The door that web has, too.
pub(crate) fn door(context: &Context) -> Door {
    Door {
        store: context.store.clone(),
        clock: Arc::clone(&context.clock),
        sign_up: context.config.sign_up.clone(),
        retry_horizon: context.config.limits.retry_horizon,
        fail_point: context.config.fail_point,
    }
}

/// Lists what came in at Twilio since `since` and takes in what the ledger has not seen, oldest
/// first, through the same door as web; the number of texts taken in.
///
/// # Errors
///
/// See [`SweepInboundError`]; what was taken in stays.
pub async fn sweep_inbound(
    context: &Context,
    inbox: &Inbox,
    since: Timestamp,
) -> Result<u64, SweepInboundError> {
    let before = context.now() - ON_ITS_WAY;
    let listed = context
        .twilio
        .received(since)
        .await
        .map_err(SweepInboundError::Twilio)?;
    let missed = |message: &Listed| {
        message
            .created_at
            .is_some_and(|at| at >= since && at <= before)
    };
    let mut taken = 0;
    for message in listed.into_iter().rev().filter(missed) {
        let Ok(sid) = message.sid.parse() else {
            continue;
        };
        let text = InboundText {
            sid,
            from: message.from,
            to: message.to,
            body: message.body,
            num_media: message.num_media,
            opt_out_type: None,
        };
        if let Receipt::New(_) = inbox.receive(text).await? {
            taken += 1;
        }
    }
    Ok(taken)
}

/// Opens a door for one sweep by hand.
#[must_use]
pub fn open_inbox(context: &Context) -> Inbox {
    Inbox::open(door(context))
}
