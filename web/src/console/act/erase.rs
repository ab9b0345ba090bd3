//! Erasing a number.

use std::sync::Arc;

use axum::{
    Form,
    extract::{Path, State},
    response::Response,
};
use birdcall_domain::{
    erasing::{Erasing, Remains, confirms},
    phone::Phone,
    text::MessageSid,
};
use birdcall_ledger::{LedgerResult, erasure::ErasureStep};
use serde::Deserialize;

use super::back;
use crate::{
    console::{
        blocks::{Action, Field},
        named::Named,
        session::{Administers, SignedIn},
        tone::Tone,
    },
    state::App,
};

/// The number of steps that the answer to the form waits for. A worker does the rest.
const STEPS_AT_ONCE: u32 = 20;

/// The form that erases a number.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Confirmed {
    digits: String,
    reason: String,
}

/// The button, with what it does.
pub(crate) fn action(to: String) -> Action {
    let field = Field::text("digits", "The last four digits of the number", "");
    Action {
        is_grave: true,
        fields: vec![field],
        ..Action::explained(
            to,
            "Erase the number",
            "Everything that is known of this number is deleted and cannot be brought back: its texts, replies, sign-ins \
             and tokens, which X revokes. What waits is not posted, and its owner is not told. Posts on X stay.",
        )
    }
}

/// What a page says, by the word in its address.
pub(super) const TOLD: &[(&str, Tone, &str)] = &[
    (
        "digits-differ",
        Tone::Bad,
        "Nothing was erased: these are not the last four digits of the number.",
    ),
    (
        "blocked-not-erased",
        Tone::Bad,
        "Nothing was erased: the number is blocked, and a block has to know its number. Unblock it first, or leave it \
         blocked.",
    ),
    (
        "not-known",
        Tone::Plain,
        "Nothing was erased: the number is not known here.",
    ),
    (
        "erasing",
        Tone::Good,
        "The number is unlinked, and its rows are being erased. There are many, so a worker goes on.",
    ),
    (
        "erased",
        Tone::Good,
        "The number is erased. Nothing of it is left in the files of the database. Backups keep what they have.",
    ),
    (
        "erased-log",
        Tone::Good,
        "The number is erased. Something reads the database, so the write-ahead log may still hold it; a worker empties \
         the log as soon as it can. Backups keep what they have.",
    ),
    (
        "erased-copies",
        Tone::Plain,
        "The number is erased. An earlier version of Birdcall wrote the file of the database, and may have left copies of \
         rows in it: `birdcall accounts erase --vacuum` writes the file again without them.",
    ),
    (
        "erased-postgres",
        Tone::Good,
        "The number is erased. PostgreSQL keeps the bytes of deleted rows until it writes over them. Backups keep what \
         they have.",
    ),
];

pub(crate) async fn erase_account(
    State(app): State<Arc<App>>,
    Administers(operator): Administers,
    Path(id): Path<String>,
    Form(form): Form<Confirmed>,
) -> Response {
    let erased = match app.ledger.account(&id).await {
        Ok(Some(account)) => erase(&app, &operator, &account.phone, &form).await,
        Ok(None) => Ok("not-known"),
        Err(error) => Err(error),
    };
    let page = match erased {
        Ok("digits-differ" | "blocked-not-erased") => format!("/accounts/{id}"),
        _ => "/accounts".to_owned(),
    };
    back(&app, &page, erased)
}

/// Erases the sender of a text, who need not be linked.
pub(crate) async fn erase_sender(
    State(app): State<Arc<App>>,
    Administers(operator): Administers,
    Named(sid): Named<MessageSid>,
    Form(form): Form<Confirmed>,
) -> Response {
    let erased = match app.ledger.text(&sid).await {
        Ok(text) => match text.as_ref().and_then(|text| text.from.phone()) {
            Some(phone) => erase(&app, &operator, phone, &form).await,
            None => Ok("not-known"),
        },
        Err(error) => Err(error),
    };
    let page = match erased {
        Ok("digits-differ" | "blocked-not-erased") => format!("/texts/{sid}"),
        // The page of the text is gone.
        _ => "/accounts".to_owned(),
    };
    back(&app, &page, erased)
}

async fn erase(
    app: &App,
    operator: &SignedIn,
    phone: &Phone,
    form: &Confirmed,
) -> LedgerResult<&'static str> {
    if !confirms(phone, &form.digits) {
        return Ok("digits-differ");
    }
    let mark = app.config.secret_keys.mark(phone);
    let by = operator.by(&form.reason);
    let erasing = app
        .ledger
        .begin_erasure(phone, &mark, by, app.now())
        .await?;
    let Some(id) = erasing.id() else {
        return Ok(match erasing {
            Erasing::Blocked => "blocked-not-erased",
            _ => "not-known",
        });
    };
    for _ in 0..STEPS_AT_ONCE {
        if app.ledger.erase_more(id, app.now()).await? == ErasureStep::Done {
            return Ok(word_of(app.ledger.clean_file(app.now()).await?));
        }
    }
    Ok("erasing")
}

fn word_of(remains: Remains) -> &'static str {
    match remains {
        Remains::Nothing => "erased",
        Remains::InTheLog => "erased-log",
        Remains::Copies => "erased-copies",
        Remains::WithPostgres => "erased-postgres",
    }
}
