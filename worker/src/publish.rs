//! Posts a text on X.

use birdcall_domain::{post, text::Event};
use birdcall_ledger::{LedgerResult, texts::Arming};

use crate::{look_up::other_account, text_in_hand::Hand};

/// Posts the text in hand; `None` when it was let go, because another text comes first or another
/// worker has it.
pub(crate) async fn publish(hand: &mut Hand) -> LedgerResult<Option<Event>> {
    if hand.text().num_media > 0 {
        return Ok(Some(Event::HasMedia));
    }
    if let Err(why) = post::check(&hand.quote, hand.context.config.limits.post_length_max) {
        return Ok(Some(Event::Unpostable(why)));
    }
    if let Some(paused) = hand.paused {
        return Ok(Some(Event::Paused(paused)));
    }
    let access = match hand.access().await? {
        Ok(access) => access,
        Err(trouble) => return Ok(Some(Event::NoToken(trouble))),
    };
    // What may be on X is not posted on another account.
    if hand.text().progress.doubted
        && let Some(event) = other_account(hand, &access).await?
    {
        return Ok(Some(event));
    }
    match hand.arm(&access).await? {
        Arming::Armed { .. } => {}
        Arming::Paused(paused) => return Ok(Some(Event::Paused(paused))),
        Arming::Blocked | Arming::LeaseLost => return Ok(None),
    }
    if !hand.may_still_call() {
        return Ok(Some(Event::LeaseOver));
    }
    let created = hand.context.x.create_post(&access.token, &hand.quote).await;
    hand.context.config.fail_point.reached("text.called");
    hand.heard = Some(created.heard);
    Ok(Some(match created.result {
        Ok(post_id) => Event::Published { post_id },
        Err(error) => Event::CallFailed {
            error,
            token_version: access.version,
        },
    }))
}
