//! Finds out whether a text whose outcome is unknown was posted.

use std::time::Duration;

use birdcall_domain::{
    post,
    text::{Event, LinkedTo, Whose, whose},
};
use birdcall_ledger::LedgerResult;

use crate::{access_token::Access, text_in_hand::Hand};

/// X's clock and ours may differ, and X counts in whole seconds: the timeline is read from this long
/// before the first attempt whose outcome is unknown.
const TIMELINE_MARGIN: Duration = Duration::from_secs(60);

/// What happens to the text in hand if it may be on another X account than the one that the number is
/// linked to now; `None`: it is on this one, if at all.
pub(crate) async fn other_account(hand: &Hand, access: &Access) -> LedgerResult<Option<Event>> {
    let calls = hand.context.ledger.doubtful_calls(&hand.text().sid).await?;
    let linked = LinkedTo {
        x_user_id: &access.user_id,
        linked_at: access.linked_at,
    };
    Ok(match whose(&calls, linked) {
        Whose::Same => None,
        Whose::Other => Some(Event::OtherAccount),
        Whose::NotSaidYet => Some(Event::UserUnknown),
    })
}

/// Looks for the text in hand in the account's own timeline.
pub(crate) async fn look_up(hand: &mut Hand) -> LedgerResult<Event> {
    let access = match hand.access().await? {
        Ok(access) => access,
        Err(trouble) => return Ok(Event::NoToken(trouble)),
    };
    if let Some(event) = other_account(hand, &access).await? {
        return Ok(event);
    }
    if access.user_id.is_empty() {
        return Ok(Event::UserUnknown);
    }
    let (ledger, x) = (&hand.context.ledger, &hand.context.x);
    let sid = &hand.text().sid;
    let began_at = ledger.doubt_began_at(sid).await?;
    let start = began_at.unwrap_or_else(|| hand.context.now()) - TIMELINE_MARGIN;
    let look = x.timeline(&access.token, &access.user_id, start).await;
    let mut candidates = look.seen;
    candidates.retain(|shown| post::is_same(&hand.quote, shown));
    // The timeline is newest first, and the first attempt made the oldest post. A post that is
    // another text's does not count.
    while let Some(shown) = candidates.pop() {
        if !ledger.is_known_post(&shown.id, sid).await? {
            return Ok(Event::Published { post_id: shown.id });
        }
    }
    Ok(match look.trouble {
        Some(error) => Event::Unreadable {
            error,
            token_version: access.version,
        },
        None => Event::NotFound,
    })
}
