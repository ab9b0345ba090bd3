//! Commands: `\STOP`, `\HELP`, `\STATUS`, `\UNDO`, `\RETRY`.

use birdcall_domain::{
    call::{CallError, Trouble},
    command::{Command, Intent, intent},
    reply::Sentence,
    settlement::Event,
    text::TextState,
};
use birdcall_ledger::{LedgerResult, audit::Deed};

use crate::{
    access_token::revoke_tokens,
    in_hand::{InHand, posted_body},
};

/// X is asked this often to revoke tokens; then the data is deleted without its answer.
const REVOKE_TRIES_MAX: i64 = 5;

/// Does what the text in hand says.
pub(crate) async fn carry_out(hand: InHand) -> LedgerResult<()> {
    let Intent::Command(command) = intent(&hand.text().body, None) else {
        // Its body was emptied by an earlier \STOP.
        return hand
            .settle(Event::Done(Sentence::Stopped { revoked: true }))
            .await;
    };
    match command {
        Command::Help => {
            hand.settle(Event::Done(Sentence::Help { unknown: false }))
                .await
        }
        Command::Unknown => {
            hand.settle(Event::Done(Sentence::Help { unknown: true }))
                .await
        }
        Command::Status => status(hand).await,
        Command::Undo => undo(hand).await,
        Command::Retry => retry(hand).await,
        Command::Stop => stop(hand).await,
    }
}

async fn status(hand: InHand) -> LedgerResult<()> {
    let ledger = &hand.context.ledger;
    let account = ledger.account_of(&hand.text().phone).await?;
    let linked = account
        .filter(|account| account.state == "active")
        .map(|account| account.x_handle);
    let open = ledger.open_posts(&hand.text().phone).await?;
    hand.settle(Event::Done(Sentence::Status {
        handle: linked,
        open,
    }))
    .await
}

/// Deletes the last post, or takes the last text back if it is not posted yet.
async fn undo(mut hand: InHand) -> LedgerResult<()> {
    let ledger = hand.context.ledger.clone();
    let Some(last) = ledger
        .last_post(&hand.text().phone, hand.text().arrival)
        .await?
    else {
        return hand.settle(Event::Done(Sentence::NothingToUndo)).await;
    };
    hand.quote = posted_body(&last.body);
    match last.text_state()? {
        TextState::Published => {}
        TextState::InDoubt if last.next_attempt_at.is_none() => {
            return hand.settle(Event::Done(Sentence::Unresolved)).await;
        }
        TextState::Received | TextState::Waiting => {
            let taken_back = ledger.take_back(&last.sid, hand.context.now()).await?;
            return match taken_back {
                true => hand.settle(Event::Done(Sentence::TakenBack)).await,
                false => hand.settle(not_yet()).await,
            };
        }
        // Being posted or looked for: what there is to undo is not known yet.
        _ => return hand.settle(not_yet()).await,
    }
    let access = match hand.access().await? {
        Ok(access) => access,
        Err(trouble) => return hand.settle(Event::NoToken(trouble)).await,
    };
    let post_id = last.post_id.unwrap_or_default();
    match hand.context.x.delete_post(&access.token, &post_id).await {
        Ok(()) => {
            ledger.mark_undone(&last.sid, hand.context.now()).await?;
            hand.settle(Event::Done(Sentence::Undone)).await
        }
        Err(error) => {
            hand.settle(Event::CommandFailed {
                error,
                token_version: access.version,
            })
            .await
        }
    }
}

fn not_yet() -> Event {
    Event::CommandFailed {
        error: CallError::NotSent(Trouble::Unreadable),
        token_version: 0,
    }
}

/// Posts the last text whose outcome stayed unknown.
async fn retry(mut hand: InHand) -> LedgerResult<()> {
    let ledger = hand.context.ledger.clone();
    let horizon = hand.context.config.limits.retry_horizon;
    let again = ledger
        .retry_unresolved(&hand.text().phone, hand.context.now(), horizon)
        .await?;
    match again {
        Some(body) => {
            hand.quote = posted_body(&body);
            hand.settle(Event::Done(Sentence::Retrying)).await
        }
        None => hand.settle(Event::Done(Sentence::NothingToRetry)).await,
    }
}

/// Revokes the tokens at X, deletes the user's data, confirms.
async fn stop(hand: InHand) -> LedgerResult<()> {
    let account = hand.context.ledger.account_of(&hand.text().phone).await?;
    let mut revoked = true;
    if let Some(account) = &account {
        revoked = revoke_tokens(&hand.context, account).await;
        if !revoked && hand.text().failures < REVOKE_TRIES_MAX {
            return hand.settle(not_yet()).await;
        }
    }
    hand.context.config.fail_point.reached("stop.revoked");
    let now = hand.context.now();
    let phone = hand.text().sender()?;
    let masked = phone.masked();
    let deed = Deed {
        actor: "phone",
        action: "stop",
        subject: &masked,
        detail: "data deleted",
    };
    let audit_id = hand.context.random.token(12);
    hand.context
        .ledger
        .forget(&phone, &hand.text().sid, (&audit_id, deed), now)
        .await?;
    hand.context.config.fail_point.reached("stop.forgotten");
    hand.settle(Event::Done(Sentence::Stopped { revoked }))
        .await
}
