//! Unlinking and blocking a number.

use std::sync::Arc;

use axum::{
    Form,
    extract::{Path, State},
    response::Response,
};
use birdcall_domain::{blocking::Unblocking, phone::Phone, text::MessageSid, unlinking::Unlinking};
use birdcall_ledger::LedgerResult;

use super::{Why, back};
use crate::{
    console::{
        named::Named,
        session::{Operates, SignedIn},
    },
    state::App,
};

pub(crate) async fn unlink(
    State(app): State<Arc<App>>,
    Operates(operator): Operates,
    Path(id): Path<String>,
    Form(why): Form<Why>,
) -> Response {
    let unlinked = match app.ledger.account(&id).await {
        Ok(Some(account)) => {
            let by = operator.by(&why.reason);
            let unlinked = app.ledger.unlink(&account.phone, by, app.now()).await;
            unlinked.map(|unlinked| match unlinked {
                Unlinking::Unlinked { .. } => "unlinked",
                Unlinking::NotLinked => "was-not-linked",
            })
        }
        Ok(None) => Ok("was-not-linked"),
        Err(error) => Err(error),
    };
    back(&app, "/accounts", unlinked)
}

pub(crate) async fn block_account(
    State(app): State<Arc<App>>,
    Operates(operator): Operates,
    Path(id): Path<String>,
    Form(why): Form<Why>,
) -> Response {
    let blocked = match app.ledger.account(&id).await {
        Ok(Some(account)) => block(&app, &operator, &account.phone, &why).await,
        Ok(None) => Ok("was-not-linked"),
        Err(error) => Err(error),
    };
    back(&app, "/accounts", blocked)
}

/// Blocks the sender of a text, who need not be linked.
pub(crate) async fn block_sender(
    State(app): State<Arc<App>>,
    Operates(operator): Operates,
    Named(sid): Named<MessageSid>,
    Form(why): Form<Why>,
) -> Response {
    let blocked = match app.ledger.text(&sid).await {
        Ok(text) => match text.as_ref().and_then(|text| text.from.phone()) {
            Some(phone) => block(&app, &operator, phone, &why).await,
            None => Ok("no-number"),
        },
        Err(error) => Err(error),
    };
    back(&app, &format!("/texts/{sid}"), blocked)
}

pub(crate) async fn unblock(
    State(app): State<Arc<App>>,
    Operates(operator): Operates,
    Path(id): Path<String>,
    Form(why): Form<Why>,
) -> Response {
    let unblocked = match app.ledger.blocked_number(&id).await {
        Ok(Some(blocked)) => {
            let by = operator.by(&why.reason);
            let unblocked = app.ledger.unblock_number(&blocked.phone, by, app.now());
            unblocked.await.map(|unblocked| match unblocked {
                Unblocking::Unblocked => "unblocked",
                Unblocking::NotBlocked => "was-not-blocked",
            })
        }
        Ok(None) => Ok("was-not-blocked"),
        Err(error) => Err(error),
    };
    back(&app, "/accounts", unblocked)
}

async fn block(
    app: &App,
    operator: &SignedIn,
    phone: &Phone,
    why: &Why,
) -> LedgerResult<&'static str> {
    let by = operator.by(&why.reason);
    let blocked = app.ledger.block_number(phone, by, app.now()).await?;
    Ok(match blocked.changed() {
        true => "blocked",
        false => "was-blocked",
    })
}
