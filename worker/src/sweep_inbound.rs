//! Texts that never reached web: Twilio gives up after its retries, but its list still has them.

use std::sync::Arc;

use birdcall_domain::{
    call::CallError, clock::Timestamp, inbound::InboundText, rejection::TwilioRejection,
};
use birdcall_ledger::LedgerError;
use birdcall_ledger::inbox::Inbox;
use birdcall_vendors::twilio::messages::Listed;
use thiserror::Error;
use tokio_util::sync::CancellationToken;

use crate::context::Context;

/// Listed texts that the ledger is asked for at once.
const LOOKED_UP_AT_ONCE: usize = 1000;

/// Why missed texts can't be looked for.
#[derive(Debug, Error)]
pub enum SweepInboundError {
    /// Twilio's list can't be read.
    #[error("Twilio's list can't be read: {0}")]
    Twilio(CallError<TwilioRejection>),
    /// The database is not available.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// What a look at Twilio's list came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Swept {
    /// Texts that the ledger had not seen, and has now.
    pub taken: usize,
    /// The list was longer than `SWEEP_INBOUND_MAX`: older texts were not looked at.
    pub cut_short: bool,
}

/// Looks for missed texts on a schedule, until the shutdown: first when what was on its way at the
/// start has come, since being restarted often must not keep it from looking.
pub(crate) async fn keep_sweeping(context: Arc<Context>, shutdown: CancellationToken) {
    let limits = &context.config.limits;
    if limits.sweep_inbound_since.is_zero() {
        tracing::info!("missed texts are not looked for: SWEEP_INBOUND_SINCE is 0");
        return;
    }
    let inbox = open_inbox(&context);
    let mut wait = limits.sweep_inbound_grace;
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(wait) => {}
        }
        wait = limits.sweep_inbound_interval;
        let since = context.now() - limits.sweep_inbound_since;
        let swept = tokio::select! {
            () = shutdown.cancelled() => return,
            swept = sweep_inbound(&context, &inbox, since) => swept,
        };
        match swept {
            Ok(Swept {
                taken: 0,
                cut_short: false,
            }) => {}
            Ok(Swept { taken, cut_short }) => tracing::warn!(
                taken,
                cut_short,
                "texts that never reached web were taken in from Twilio's list"
            ),
            Err(error) => tracing::warn!(%error, "missed texts are looked for again later"),
        }
    }
}

/// Lists what came in at Twilio since `since` and takes in what the ledger has not seen, oldest
/// first, through the same door as web.
///
/// # Errors
///
/// See [`SweepInboundError`]; what was taken in stays.
pub async fn sweep_inbound(
    context: &Context,
    inbox: &Inbox,
    since: Timestamp,
) -> Result<Swept, SweepInboundError> {
    let limits = &context.config.limits;
    let before = context.now() - limits.sweep_inbound_grace;
    let (mut listed, all) = context
        .twilio
        .received(since, limits.sweep_inbound_max)
        .await
        .map_err(SweepInboundError::Twilio)?;
    listed.retain(|message| {
        message
            .created_at
            .is_some_and(|at| at >= since && at <= before)
    });
    listed.reverse();
    let mut taken = 0;
    for some in listed.chunks(LOOKED_UP_AT_ONCE) {
        let sids: Vec<&str> = some.iter().map(|message| message.sid.as_str()).collect();
        let unknown = context.ledger.unknown_texts(&sids).await?;
        let missed = some
            .iter()
            .filter(|message| unknown.contains(&message.sid))
            .filter_map(as_received);
        taken += inbox.receive_in_order(missed.collect()).await?;
    }
    Ok(Swept {
        taken,
        cut_short: !all,
    })
}

/// The text as its webhook would have told of it.
fn as_received(message: &Listed) -> Option<InboundText> {
    Some(InboundText {
        sid: message.sid.parse().ok()?,
        from: message.from.clone(),
        to: message.to.clone(),
        body: message.body.clone(),
        num_media: message.num_media,
        opt_out_type: None,
    })
}

/// Opens a door for one sweep by hand.
#[must_use]
pub fn open_inbox(context: &Context) -> Inbox {
    Inbox::open(
        &context.ledger,
        Arc::clone(&context.clock),
        context.config.door_policy(),
    )
}
