//! Adding, changing and removing operators.

use std::sync::Arc;

use axum::{
    Form,
    extract::{Path, State},
    response::Response,
};
use birdcall_common::passwords;
use birdcall_domain::operator::{OperatorName, Role};
use birdcall_ledger::{LedgerResult, operators::Credentials};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::Why;
use crate::{
    console::{
        blocks::Notice,
        pages::operators::with_notice,
        session::{Administers, SignedIn},
        tone::Tone,
    },
    state::App,
};

/// The form that adds an operator.
#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
pub(crate) struct New {
    name: String,
    role: String,
    reason: String,
}

/// The form that changes a role.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct NewRole {
    role: String,
    reason: String,
}

fn said(tone: Tone, words: impl Into<String>) -> Notice {
    Notice {
        tone,
        words: words.into(),
        secret: None,
    }
}

/// The page of operators with what became of it. A password is shown by the answer to the form itself, and
/// by no address, so that it is shown once.
async fn answer(app: &App, operator: &SignedIn, notice: LedgerResult<Notice>) -> Response {
    let page = match notice {
        Ok(notice) => with_notice(app, operator, Some(notice)).await,
        Err(error) => Err(error),
    };
    page.unwrap_or_else(|error| {
        tracing::error!(%error, "an operator could not be changed");
        app.trouble()
    })
}

/// A new password and its hash.
async fn password(app: &App) -> (SecretString, String) {
    // It is never closed.
    let _one_of_few = app.passwords.acquire().await;
    let random = Arc::clone(&app.random);
    let password = passwords::make(&random);
    let hashed = password.clone();
    let hash = tokio::task::spawn_blocking(move || passwords::hash(&hashed, &random));
    // An empty hash fits no password.
    (password, hash.await.unwrap_or_default())
}

pub(crate) async fn add(
    State(app): State<Arc<App>>,
    Administers(operator): Administers,
    Form(new): Form<New>,
) -> Response {
    let notice = add_one(&app, &operator, &new).await;
    answer(&app, &operator, notice).await
}

async fn add_one(app: &App, operator: &SignedIn, new: &New) -> LedgerResult<Notice> {
    let name: OperatorName = match new.name.trim().parse() {
        Ok(name) => name,
        Err(error) => return Ok(said(Tone::Bad, format!("Nothing was done: {error}."))),
    };
    let Some(role) = Role::parse(&new.role) else {
        return Ok(said(Tone::Bad, "Nothing was done: choose a role."));
    };
    let (password, hash) = password(app).await;
    let credentials = Credentials {
        password_hash: &hash,
        stamp: &app.random.id(),
    };
    let by = operator.by(&new.reason);
    let added = app
        .ledger
        .add_operator(&name, role, credentials, by, app.now())
        .await?;
    Ok(match added {
        true => with_password(format!("{name} can sign in with this password:"), &password),
        false => said(
            Tone::Bad,
            format!("Nothing was done: there is an operator {name}."),
        ),
    })
}

fn with_password(words: String, password: &SecretString) -> Notice {
    Notice {
        secret: Some(password.expose_secret().to_owned()),
        ..said(Tone::Good, words)
    }
}

pub(crate) async fn set_role(
    State(app): State<Arc<App>>,
    Administers(operator): Administers,
    Path(name): Path<String>,
    Form(new): Form<NewRole>,
) -> Response {
    let notice = set_role_of(&app, &operator, &name, &new).await;
    answer(&app, &operator, notice).await
}

async fn set_role_of(
    app: &App,
    operator: &SignedIn,
    name: &str,
    new: &NewRole,
) -> LedgerResult<Notice> {
    let (Ok(name), Some(role)) = (name.parse::<OperatorName>(), Role::parse(&new.role)) else {
        return Ok(said(
            Tone::Bad,
            "Nothing was done: there is no such operator or role.",
        ));
    };
    let stamp = app.random.id();
    let by = operator.by(&new.reason);
    let changed = app
        .ledger
        .set_role(&name, role, &stamp, by, app.now())
        .await?;
    Ok(match changed {
        true => said(
            Tone::Good,
            format!("{name} has the role '{role}' from now on."),
        ),
        false => said(
            Tone::Plain,
            format!("Nothing was done: {name} has this role, or is gone."),
        ),
    })
}

pub(crate) async fn reset(
    State(app): State<Arc<App>>,
    Administers(operator): Administers,
    Path(name): Path<String>,
    Form(why): Form<Why>,
) -> Response {
    let notice = reset_one(&app, &operator, &name, &why.reason).await;
    answer(&app, &operator, notice).await
}

async fn reset_one(
    app: &App,
    operator: &SignedIn,
    name: &str,
    reason: &str,
) -> LedgerResult<Notice> {
    let Ok(name) = name.parse::<OperatorName>() else {
        return Ok(said(
            Tone::Bad,
            "Nothing was done: there is no such operator.",
        ));
    };
    let (password, hash) = password(app).await;
    let credentials = Credentials {
        password_hash: &hash,
        stamp: &app.random.id(),
    };
    let by = operator.by(reason);
    let changed = app
        .ledger
        .set_password(&name, credentials, by, app.now())
        .await?;
    Ok(match changed {
        true => with_password(format!("The new password of {name}:"), &password),
        false => said(Tone::Bad, "Nothing was done: there is no such operator."),
    })
}

pub(crate) async fn remove(
    State(app): State<Arc<App>>,
    Administers(operator): Administers,
    Path(name): Path<String>,
    Form(why): Form<Why>,
) -> Response {
    let notice = remove_one(&app, &operator, &name, &why.reason).await;
    answer(&app, &operator, notice).await
}

async fn remove_one(
    app: &App,
    operator: &SignedIn,
    name: &str,
    reason: &str,
) -> LedgerResult<Notice> {
    let Ok(name) = name.parse::<OperatorName>() else {
        return Ok(said(
            Tone::Bad,
            "Nothing was done: there is no such operator.",
        ));
    };
    let by = operator.by(reason);
    let removed = app.ledger.remove_operator(&name, by, app.now()).await?;
    Ok(match removed {
        true => said(Tone::Good, format!("{name} is no longer an operator.")),
        false => said(Tone::Plain, "Nothing was done: there is no such operator."),
    })
}
