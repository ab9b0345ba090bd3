//! The `reply` job: text a phone, or find out whether it was texted.

use std::{sync::Arc, time::Duration};

use birdcall_common::link::token_of;
use birdcall_domain::{
    phone::Phone,
    reply::{Event, Step, around_link, settle},
};
use birdcall_ledger::{LedgerResult, lease::Lease, replies::Reply};
use birdcall_vendors::twilio::messages::Outgoing;

use crate::{context::Context, persist::persist};

/// Twilio's clock and ours may differ, and Twilio counts in whole seconds: its list is read from this
/// long before the call.
const LIST_MARGIN: Duration = Duration::from_secs(30);

/// Works on a reply until it is settled: for good, or until it is due again.
pub(crate) async fn send(context: &Arc<Context>, id: &str) -> LedgerResult<()> {
    let owner = context.claim_name();
    let by = context.claimant(&owner, context.now());
    let limits = context.config.limits.reply_limits();
    let Some(claimed) = context.ledger.claim_reply(id, by, limits).await? else {
        return Ok(());
    };
    let lease = claimed.lease;
    let done = match act(context, &lease, claimed.step).await {
        Ok(event) => settle_reply(context, &lease, &event).await,
        Err(error) => Err(error),
    };
    if done.is_err() {
        persist!(
            context,
            "claim",
            context.ledger.give_back(&lease, context.now())
        )?;
    }
    done
}

async fn act(context: &Context, reply: &Reply, step: Step) -> LedgerResult<Event> {
    match step {
        Step::Settle(event) => Ok(event),
        Step::LookUp => look_up(context, reply).await,
        Step::Send => {
            context.config.fail_point.reached("reply.armed");
            let event = create(context, reply).await?;
            context.config.fail_point.reached("reply.called");
            Ok(event)
        }
    }
}

async fn settle_reply(context: &Context, lease: &Lease<Reply>, event: &Event) -> LedgerResult<()> {
    if matches!(event, Event::Poison) {
        tracing::error!(
            reply.id = lease.id,
            "given up: every worker that took this reply died"
        );
    }
    let now = context.now();
    let settlement = settle(
        &lease.progress,
        event,
        now,
        context.random.unit(),
        &context.config.limits.reply_policy(),
    );
    let written = persist!(
        context,
        "reply",
        context.ledger.settle_reply(lease, &settlement, now)
    )?;
    context.config.fail_point.reached("reply.settled");
    let state = settlement.state.as_str();
    metrics::counter!("birdcall_replies_settled_total", "state" => state).increment(1);
    if matches!(event, Event::Sent { .. }) {
        metrics::counter!("birdcall_segments_total").increment(u64::from(lease.segments));
    }
    tracing::info!(
        reply.id = lease.id,
        state,
        error = settlement.error.as_deref(),
        written,
        "reply settled"
    );
    Ok(())
}

async fn create(context: &Context, reply: &Reply) -> LedgerResult<Event> {
    // The callback names the reply, so a callback proves a call whose answer was lost.
    let callback = format!("/twilio/status?reply={}", reply.id);
    let message = Outgoing {
        to: reply.recipient()?,
        body: &words_of(context, reply)?,
        status_callback: &context.config.public_url.join(&callback),
        validity: context.config.limits.reply_validity,
    };
    Ok(match context.twilio.create_message(message).await {
        Ok(twilio_sid) => Event::Sent { twilio_sid },
        Err(error) => Event::CallFailed(error),
    })
}

/// The words that are sent. The ledger holds no sign-in link, so a link is put in here.
fn words_of(context: &Context, reply: &Reply) -> LedgerResult<String> {
    let (Some(issued_at), Some((before, after))) = (reply.link_issued_at, around_link(&reply.body))
    else {
        return Ok(reply.body.clone());
    };
    let link = context.sign_in_link(reply.recipient()?, issued_at);
    Ok(format!("{before}{link}{after}"))
}

/// Whether a message is this reply. Its link may have been signed with another key of `SECRET_KEY`.
fn is_same(context: &Context, reply: &Reply, to: &Phone, body: &str) -> bool {
    let (Some(issued_at), Some((before, after))) = (reply.link_issued_at, around_link(&reply.body))
    else {
        return body == reply.body;
    };
    let link = body
        .strip_prefix(before)
        .and_then(|rest| rest.strip_suffix(after));
    link.and_then(|link| token_of(&context.config.public_url, to, link))
        .is_some_and(|token| context.vault.is_link_of(to, token, issued_at))
}

/// Looks in Twilio's list for a message whose outcome is unknown.
async fn look_up(context: &Context, reply: &Reply) -> LedgerResult<Event> {
    let to = reply.recipient()?;
    let since = reply.sent_at.unwrap_or(reply.created_at) - LIST_MARGIN;
    let look = context.twilio.sent_to(to, since).await;
    let mut candidates = look.seen;
    candidates.retain(|message| {
        is_same(context, reply, to, &message.body)
            && message.created_at.is_none_or(|at| at >= since)
    });
    // The list is newest first, and the first attempt made the oldest message. A message that is
    // another reply's does not count.
    while let Some(message) = candidates.pop() {
        if !context.ledger.is_known_message(&message.sid).await? {
            return Ok(Event::Sent {
                twilio_sid: message.sid,
            });
        }
    }
    Ok(match look.trouble {
        Some(error) => Event::Unreadable(error),
        None => Event::NotFound,
    })
}
