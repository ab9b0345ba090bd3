//! Commands: `\STOP`, `\HELP`, `\STATUS`, `\UNDO`, `\RETRY`.
//!
//! What a command changes in the ledger is the [`Effect`] of its event, and is written in the
//! transaction that settles the command.

use birdcall_domain::{
    account::{AccountState, Revocation, TokenTrouble},
    command::{Command, Intent, intent},
    reply::Sentence,
    text::{Effect, Event, LinkedTo, TextState, Whose, whose},
};
use birdcall_ledger::{LedgerResult, texts::Text};

use crate::{revoke::revoke_tokens, text_in_hand::Hand};

/// X is asked this often to revoke tokens; then the data is deleted without its answer.
const REVOKE_TRIES_MAX: u32 = 5;

/// Carries out the command in hand.
pub(crate) async fn carry_out(hand: &mut Hand) -> LedgerResult<Event> {
    let command = match intent(&hand.text().body, None) {
        Intent::Command(command) => command,
        Intent::Unclear(command) => return Ok(Event::done(Sentence::MaybeCommand(command))),
        // An earlier \STOP emptied its body, and said what happened at X.
        _ => {
            let revocation = Revocation::NothingToRevoke;
            return Ok(Event::done(Sentence::Stopped { revocation }));
        }
    };
    match command {
        Command::Help => Ok(help(hand, false)),
        Command::Unknown => Ok(help(hand, true)),
        Command::Status => status(hand).await,
        Command::Undo => undo(hand).await,
        Command::Retry => retry(hand).await,
        Command::Stop => stop(hand).await,
    }
}

fn help(hand: &Hand, unknown: bool) -> Event {
    let operator = hand.context.config.operator.line();
    Event::done(Sentence::Help { unknown, operator })
}

async fn status(hand: &Hand) -> LedgerResult<Event> {
    let ledger = &hand.context.ledger;
    let account = ledger.account_of(hand.phone()).await?;
    let active = account.filter(|account| account.state == AccountState::Active);
    Ok(Event::done(Sentence::Status {
        handle: active.map(|account| account.x_handle),
        open: ledger.open_posts(hand.phone()).await?,
    }))
}

/// Deletes the last post, or takes the last text back if it is not posted yet.
async fn undo(hand: &mut Hand) -> LedgerResult<Event> {
    let (ledger, arrival) = (&hand.context.ledger, hand.text().arrival);
    let last = match hand.target().await? {
        None => ledger.last_post(hand.phone(), arrival).await?,
        chosen => chosen,
    };
    let Some(last) = last else {
        return Ok(Event::done(Sentence::NothingToUndo));
    };
    if !hand.choose(&last).await? {
        return Ok(Event::NotYet);
    }
    match (last.progress.state, last.progress.next_attempt_at) {
        (TextState::Published, _) if last.undone_at.is_none() => {}
        (TextState::InDoubt, None) => return Ok(Event::done(Sentence::Unresolved)),
        (TextState::Received | TextState::Waiting, _) => {
            let effect = Effect::TakeBack(last.sid);
            return Ok(Event::done_with(Sentence::TakenBack, effect));
        }
        // A worker is posting it or looking for it: there may be nothing to undo.
        (TextState::Publishing | TextState::InDoubt, _) => return Ok(Event::NotYet),
        // It ended in another way since it was chosen.
        _ => return Ok(Event::done(Sentence::NothingToUndo)),
    }
    let access = match hand.access().await? {
        Ok(access) => access,
        Err(trouble) => return Ok(Event::NoToken(trouble)),
    };
    let post_id = last.post_id.unwrap_or_default();
    let deleted = hand.context.x.delete_post(&access.token, &post_id).await;
    hand.context.config.fail_point.reached("undo.called");
    Ok(match deleted {
        Ok(()) => Event::done_with(Sentence::Undone, Effect::Undone(last.sid)),
        Err(error) => Event::CommandFailed {
            error,
            token_version: access.version,
        },
    })
}

/// Posts the last text whose outcome stayed unknown again.
async fn retry(hand: &mut Hand) -> LedgerResult<Event> {
    let (ledger, arrival) = (&hand.context.ledger, hand.text().arrival);
    let last = match hand.target().await? {
        None => ledger.last_unresolved(hand.phone(), arrival).await?,
        chosen => chosen,
    };
    let rests = |text: &Text| {
        text.progress.state == TextState::InDoubt && text.progress.next_attempt_at.is_none()
    };
    // The outcome of the text that was chosen may be known by now.
    let Some(last) = last.filter(rests) else {
        return Ok(Event::done(Sentence::NothingToRetry));
    };
    if !hand.choose(&last).await? {
        return Ok(Event::NotYet);
    }
    let Some(account) = hand.context.ledger.account_of(hand.phone()).await? else {
        return Ok(Event::NoToken(TokenTrouble::NotLinked));
    };
    // Its owner asks for it again, but on another X account than the one it may be on.
    let linked = LinkedTo {
        x_user_id: &account.x_user_id,
        linked_at: account.linked_at,
    };
    let calls = hand.context.ledger.doubtful_calls(&last.sid).await?;
    if whose(&calls, linked) == Whose::Other {
        return Ok(Event::done(Sentence::OtherAccount));
    }
    let deadline_at = hand.context.now() + hand.context.config.limits.retry_horizon;
    let effect = Effect::Retry {
        sid: last.sid,
        deadline_at,
    };
    Ok(Event::done_with(Sentence::Retrying, effect))
}

/// Revokes the tokens at X, deletes what is known of the number, confirms.
async fn stop(hand: &Hand) -> LedgerResult<Event> {
    let context = &hand.context;
    let account = context.ledger.account_of(hand.phone()).await?;
    let revocation = match &account {
        Some(account) => revoke_tokens(context, account).await,
        None => Revocation::NothingToRevoke,
    };
    if revocation == Revocation::NotAnswered && hand.text().progress.failures < REVOKE_TRIES_MAX {
        return Ok(Event::NotRevoked);
    }
    context.config.fail_point.reached("stop.revoked");
    let effect = Effect::Forget {
        audit_id: context.random.id(),
        revocation,
        revoked: account.map(|account| (account.id, account.token_version)),
    };
    Ok(Event::done_with(Sentence::Stopped { revocation }, effect))
}
