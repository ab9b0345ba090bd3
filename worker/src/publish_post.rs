//! The `tweet` job: post a text, or find out whether it was posted.

use std::{sync::Arc, time::Duration};

use birdcall_domain::{
    call::{CallError, Trouble},
    post,
    settlement::Event,
    text::TextState,
};
use birdcall_ledger::{LedgerResult, text_work::Arming};

use crate::{command, context::Context, in_hand::InHand, persist::persist};

/// X's clock and ours may differ, and X counts in whole seconds: the timeline is read from so long
/// before the first attempt whose outcome is unknown.
const TIMELINE_MARGIN: Duration = Duration::from_secs(60);

/// Works on a text until it is settled: for good, or until it is due again.
pub(crate) async fn work_on(context: &Arc<Context>, sid: &str) -> LedgerResult<()> {
    let Some(hand) = InHand::claim(context, sid).await? else {
        return Ok(());
    };
    let owner = hand.owner.clone();
    let done = match (hand.text().kind.as_str(), hand.text().text_state()?) {
        ("command", _) => command::carry_out(hand).await,
        // What came after a \STOP is a new number's text by now.
        ("sign_in", _) => hand.settle(Event::NotLinked).await,
        (_, TextState::InDoubt) => resolve(hand).await,
        _ => publish(hand).await,
    };
    if done.is_err() {
        persist!(
            context,
            "claim",
            context.ledger.give_text_back(sid, &owner, context.now())
        )?;
    }
    done
}

async fn publish(mut hand: InHand) -> LedgerResult<()> {
    let text = hand.text();
    if text.num_media > 0 {
        return hand.settle(Event::HasMedia).await;
    }
    if let Err(why) = post::check(&hand.quote, hand.context.config.limits.post_length_max) {
        return hand.settle(Event::Unpostable(why)).await;
    }
    if let Some((until, reason)) = hand.held.paused {
        return hand.settle(Event::Paused { until, reason }).await;
    }
    let access = match hand.access().await? {
        Ok(access) => access,
        Err(trouble) => return hand.settle(Event::NoToken(trouble)).await,
    };
    match hand.arm().await? {
        Arming::Armed { .. } => {}
        Arming::Paused { until, reason } => {
            return hand.settle(Event::Paused { until, reason }).await;
        }
        Arming::Blocked | Arming::LeaseLost => return Ok(()),
    }
    let created = match hand.may_still_call() {
        true => hand.context.x.create_post(&access.token, &hand.quote).await,
        false => Err(CallError::NotSent(Trouble::LeaseOver)),
    };
    hand.context.config.fail_point.reached("text.called");
    let event = match created {
        Ok(post_id) => Event::Published { post_id },
        Err(error) => Event::CallFailed {
            error,
            token_version: access.version,
        },
    };
    hand.settle(event).await
}

/// Looks in the account's own timeline for a text whose outcome is unknown.
async fn resolve(mut hand: InHand) -> LedgerResult<()> {
    let access = match hand.access().await? {
        Ok(access) => access,
        Err(trouble) => return hand.settle(Event::NoToken(trouble)).await,
    };
    if access.user_id.is_empty() {
        // Without the id there is no timeline to read; X is asked for it again next time.
        return hand
            .settle(Event::Unreadable {
                error: CallError::NotSent(Trouble::Unreadable),
                token_version: access.version,
            })
            .await;
    }
    let ledger = &hand.context.ledger;
    let began_at = ledger
        .doubt_began_at(&hand.text().sid)
        .await?
        .unwrap_or_else(|| hand.context.now());
    let start = began_at - TIMELINE_MARGIN;
    let timeline = match hand
        .context
        .x
        .timeline(&access.token, &access.user_id, start)
        .await
    {
        Ok(timeline) => timeline,
        Err(error) => {
            return hand
                .settle(Event::Unreadable {
                    error,
                    token_version: access.version,
                })
                .await;
        }
    };
    // Oldest first: the first attempt made it. A post that is another text's does not count.
    let mut candidates = timeline;
    candidates.retain(|shown| post::is_same(&hand.quote, shown));
    while let Some(shown) = candidates.pop() {
        if !ledger.is_known_post(&shown.id, &hand.text().sid).await? {
            return hand.settle(Event::Published { post_id: shown.id }).await;
        }
    }
    hand.settle(Event::NotFound).await
}
