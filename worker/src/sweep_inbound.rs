//! Takes in texts that never reached web: Twilio gives up after its retries, but its list has them.

use std::{collections::HashMap, sync::Arc};

use birdcall_domain::{
    call::CallError,
    clock::Timestamp,
    inbound::{InboundText, Missed},
    lateness::{Line, Neighbours, neighbours},
    overview::Happening,
    rejection::TwilioRejection,
};
use birdcall_ledger::LedgerError;
use birdcall_ledger::{inbox::Inbox, texts::Known};
use birdcall_vendors::twilio::messages::Listed;
use thiserror::Error;
use tokio_util::sync::CancellationToken;

use crate::context::Context;

/// The number of listed texts that the ledger is asked for at once.
const LOOKED_UP_AT_ONCE: usize = 1000;

/// Why missed texts could not be looked for.
#[derive(Debug, Error)]
pub enum SweepInboundError {
    /// Twilio's list cannot be read.
    #[error("Twilio's list cannot be read: {0}")]
    Twilio(CallError<TwilioRejection>),
    /// See [`LedgerError`].
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// The result of one look at Twilio's list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Swept {
    /// The number of texts that the ledger did not have.
    pub taken: usize,
    /// Whether the list was longer than `SWEEP_INBOUND_MAX`, so that older texts were not looked at.
    pub cut_short: bool,
}

/// Looks for missed texts on a schedule, until the shutdown. The first look comes after
/// `SWEEP_INBOUND_GRACE`, so that a process that is restarted often still looks.
pub(crate) async fn keep_sweeping(context: Arc<Context>, shutdown: CancellationToken) {
    let limits = &context.config.limits;
    if limits.sweep_inbound_since.is_zero() {
        tracing::info!("nobody looks for missed texts: SWEEP_INBOUND_SINCE is 0");
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
            Err(error) => {
                tracing::warn!(%error, "Twilio's list could not be read; the next look makes up for it")
            }
        }
    }
}

/// Reads Twilio's list of texts since `since`, and takes in those that the ledger does not have,
/// oldest first, through the same inbox as web.
///
/// # Errors
///
/// See [`SweepInboundError`]. Texts that were taken in stay.
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
    listed.reverse();
    let mut known = HashMap::new();
    for some in listed.chunks(LOOKED_UP_AT_ONCE) {
        let sids: Vec<&str> = some.iter().map(|message| message.sid.as_str()).collect();
        known.extend(context.ledger.known_texts(&sids).await?);
    }
    // Texts that are too old or too young to be taken in say where the others belong.
    let is_due = |at: Timestamp| at >= since && at <= before;
    let lines: Vec<Line<'_>> = listed
        .iter()
        .map(|message| Line {
            sid: &message.sid,
            from: &message.from,
            known: known.contains_key(&message.sid),
            forgotten: known.get(&message.sid) == Some(&Known::Forgotten),
            taken: message.created_at.is_some_and(is_due),
        })
        .collect();
    let places = neighbours(&lines);
    let missed = listed.iter().zip(&lines).zip(places);
    let missed: Vec<InboundText> = missed
        .filter(|((_, line), _)| !line.known && line.taken)
        .filter_map(|((message, _), around)| as_received(message, around))
        .collect();
    let mut taken = 0;
    for some in missed.chunks(LOOKED_UP_AT_ONCE) {
        taken += inbox.receive_in_order(some.to_vec()).await?;
    }
    if taken > 0 {
        let (what, now) = (Happening::MissedTakenIn, context.now());
        context
            .ledger
            .note_happening(what, taken as u64, now)
            .await?;
    }
    Ok(Swept {
        taken,
        cut_short: !all,
    })
}

/// A listed text in the form of its webhook, with its place in the list.
fn as_received(message: &Listed, around: Neighbours) -> Option<InboundText> {
    Some(InboundText {
        sid: message.sid.parse().ok()?,
        from: message.from.clone(),
        to: message.to.clone(),
        body: message.body.clone(),
        num_media: message.num_media,
        opt_out_type: None,
        missed: Some(Missed {
            texted_at: message.created_at?,
            after: around.after,
            before: around.before,
            left: around.left,
        }),
    })
}

/// Opens an inbox for one sweep by hand.
#[must_use]
pub fn open_inbox(context: &Context) -> Inbox {
    Inbox::open(
        &context.ledger,
        Arc::clone(&context.clock),
        context.config.inbox_policy(),
    )
}
