//! The `reply` job: text a phone, or find out whether it was texted.

use std::{sync::Arc, time::Duration};

use birdcall_domain::{
    clock::Timestamp,
    outbound::{Event, ReplyState, settle},
    reply::Purpose,
};
use birdcall_ledger::{
    LedgerResult,
    replies::{ReplyClaim, ReplyRow, Throttle},
};
use birdcall_vendors::twilio::messages::Outgoing;

use crate::{context::Context, persist::persist};

/// Twilio's clock and ours may differ, and Twilio counts in whole seconds.
const LIST_MARGIN: Duration = Duration::from_secs(30);

/// Works on a reply until it is settled: for good, or until it is due again.
pub(crate) async fn send(context: &Arc<Context>, id: &str) -> LedgerResult<()> {
    let owner = context.claim_name();
    let limits = &context.config.limits;
    let throttle = Throttle {
        max: limits.replies_max,
        window: limits.replies_window,
    };
    let by = context.claimant(&owner, context.now());
    let claim = context
        .ledger
        .claim_reply(id, by, throttle, limits.claims_max)
        .await?;
    let (reply, event) = match claim {
        ReplyClaim::Nothing => return Ok(()),
        ReplyClaim::Died(reply) | ReplyClaim::Resolve(reply) | ReplyClaim::Later(reply, _)
            if reply.claims > i64::from(limits.claims_max) =>
        {
            tracing::error!(
                reply.id = id,
                "given up: every worker that took this reply died"
            );
            (reply, Event::Poison)
        }
        ReplyClaim::Died(reply) => (reply, Event::Died),
        ReplyClaim::OptedOut(reply) => (reply, Event::OptedOut),
        ReplyClaim::Later(reply, at) => (reply, Event::Later(at)),
        ReplyClaim::Resolve(reply) => match look_up(context, &reply).await {
            Ok(event) => (reply, event),
            Err(error) => {
                let ledger = &context.ledger;
                persist!(
                    context,
                    "claim",
                    ledger.give_reply_back(id, &owner, context.now())
                )?;
                return Err(error);
            }
        },
        ReplyClaim::Send(reply) => {
            context.config.fail_point.reached("reply.armed");
            let event = create(context, &reply).await?;
            context.config.fail_point.reached("reply.called");
            (reply, event)
        }
    };
    let now = context.now();
    let settlement = settle(
        &reply.progress()?,
        &event,
        now,
        context.random.unit(),
        &limits.reply_policy(),
    );
    let ledger = &context.ledger;
    let written = persist!(
        context,
        "reply",
        ledger.settle_reply(&reply, &owner, &settlement, now)
    )?;
    context.config.fail_point.reached("reply.settled");
    metrics::counter!("birdcall_replies_settled_total", "state" => settlement.state.as_str())
        .increment(1);
    tracing::info!(
        reply.id = id,
        state = settlement.state.as_str(),
        error = settlement.error.as_deref(),
        written,
        "reply settled"
    );
    let over = !matches!(settlement.state, ReplyState::Queued | ReplyState::Sending)
        && settlement.next_attempt_at.is_none();
    if over && reply.purpose == Purpose::Goodbye.as_str() {
        forget(context, &reply).await?;
    }
    Ok(())
}

async fn create(context: &Context, reply: &ReplyRow) -> LedgerResult<Event> {
    let to = reply.recipient()?;
    // The callback names the reply: it proves a send whose answer was lost.
    let callback = context
        .config
        .public_url
        .join(&format!("/twilio/status?reply={}", reply.id));
    let message = Outgoing {
        to: &to,
        body: &reply.body,
        status_callback: &callback,
        validity: context.config.limits.reply_validity,
    };
    Ok(match context.twilio.create_message(message).await {
        Ok(twilio_sid) => Event::Sent { twilio_sid },
        Err(error) => Event::CallFailed(error),
    })
}

/// Looks in Twilio's list for a message whose outcome is unknown.
async fn look_up(context: &Context, reply: &ReplyRow) -> LedgerResult<Event> {
    let to = reply.recipient()?;
    let since = Timestamp(reply.sent_at.unwrap_or(reply.created_at)) - LIST_MARGIN;
    let mut candidates = match context.twilio.sent_to(&to, since).await {
        Ok(listed) => listed,
        Err(error) => return Ok(Event::Unreadable(error)),
    };
    candidates.retain(|message| {
        message.body == reply.body && message.created_at.is_none_or(|at| at >= since)
    });
    // Oldest first: the first attempt made it. A message that is another reply's does not count.
    while let Some(message) = candidates.pop() {
        if !context.ledger.is_known_message(&message.sid).await? {
            return Ok(Event::Sent {
                twilio_sid: message.sid,
            });
        }
    }
    Ok(Event::NotFound)
}

/// The confirmation of `\STOP` was the last use of the number.
async fn forget(context: &Context, reply: &ReplyRow) -> LedgerResult<()> {
    context.ledger.scrub_reply(&reply.id).await?;
    if let Some(sid) = &reply.text_sid {
        context.ledger.scrub_text(sid).await?;
    }
    Ok(())
}
