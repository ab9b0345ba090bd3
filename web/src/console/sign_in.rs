//! Signing in to the console, and out.

use std::sync::Arc;

use axum::{
    Form,
    extract::{Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use birdcall_common::passwords;
use birdcall_domain::{
    clock::Timestamp,
    operator::{FIRST_OPERATOR, Role},
    wording,
};
use birdcall_ledger::{
    LedgerResult, audit::By, authorizations::secret_hash, operator_sessions::NewSession,
};
use secrecy::SecretString;
use serde::Deserialize;

use super::{
    screen::{self, SignIn},
    session::{SignedIn, cookie, session_hash},
};
use crate::{cookies::SECRET_BYTES, state::App};

/// All names that do not exist share the tries of this one.
const NOBODY: &str = "";

/// Where the sign-in page was asked for.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Next {
    next: String,
}

/// The form.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Entered {
    name: String,
    password: String,
    next: String,
}

pub(super) async fn show(State(app): State<Arc<App>>, Query(next): Query<Next>) -> Response {
    screen::sign_in(&app, SignIn::new(next.next), StatusCode::OK)
}

pub(super) async fn sign_in(State(app): State<Arc<App>>, Form(entered): Form<Entered>) -> Response {
    match try_to_sign_in(&app, entered).await {
        Ok(response) => response,
        Err(error) => {
            tracing::error!(%error, "an operator could not sign in");
            app.trouble()
        }
    }
}

async fn try_to_sign_in(app: &App, entered: Entered) -> LedgerResult<Response> {
    let now = app.now();
    let name = entered.name.trim();
    let known = known(app, name).await?;
    let tried = known.as_ref().map_or(NOBODY, |_| name);
    let page = SignIn::new(entered.next.clone());
    if let Err(next_at) = app.ledger.take_try(tried, now).await? {
        let wait = wording::length(next_at.since(now));
        let page = page.because(format!("Too many wrong passwords. Try again in {wait}."));
        return Ok(screen::sign_in(app, page, StatusCode::TOO_MANY_REQUESTS));
    }
    let password = SecretString::from(entered.password);
    let fits = password_fits(app, known.as_ref(), password).await;
    let Some(known) = known.filter(|_| fits) else {
        metrics::counter!("birdcall_console_sign_ins_refused_total").increment(1);
        let page = page.because("The name or the password is wrong.".to_owned());
        return Ok(screen::sign_in(app, page, StatusCode::FORBIDDEN));
    };
    let secret = app.random.token(SECRET_BYTES);
    begin(app, name, &known, &secret, now).await?;
    let lasts = app.config.limits.console.session_max.as_secs();
    let cookie = cookie(&app.console_url, &secret, lasts);
    let to = own_path(app, &entered.next);
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(&to)).into_response())
}

/// What is known of a name.
struct Known {
    /// `None`: it is the first operator.
    password_hash: Option<String>,
    stamp: String,
    role: Role,
}

async fn known(app: &App, name: &str) -> LedgerResult<Option<Known>> {
    if name == FIRST_OPERATOR {
        let standing = app.standing(name).await?;
        return Ok(standing.map(|(stamp, role)| Known {
            password_hash: None,
            stamp,
            role,
        }));
    }
    let operator = app.ledger.operator(name).await?;
    Ok(operator.map(|operator| Known {
        password_hash: Some(operator.password_hash),
        stamp: operator.stamp,
        role: operator.role,
    }))
}

/// Whether the password is right. It takes as long for a name that does not exist.
async fn password_fits(app: &App, known: Option<&Known>, password: SecretString) -> bool {
    // It is never closed.
    let _one_of_few = app.passwords.acquire().await;
    let stored = known.and_then(|known| known.password_hash.clone());
    let hash = match stored {
        Some(hash) => hash,
        None => first_operator_hash(app).await,
    };
    let fits = tokio::task::spawn_blocking(move || passwords::fits(&password, &hash)).await;
    fits.unwrap_or(false) && known.is_some()
}

/// The hash of `ADMIN_PASSWORD`. Without such a setting, it is that of a password that nobody has.
async fn first_operator_hash(app: &App) -> String {
    let made = app.first_operator_hash.get_or_init(async || {
        let random = Arc::clone(&app.random);
        let password = app.config.admin_password.clone();
        let password = password.unwrap_or_else(|| passwords::make(&random));
        let hash = tokio::task::spawn_blocking(move || passwords::hash(&password, &random));
        hash.await.unwrap_or_default()
    });
    made.await.clone()
}

async fn begin(
    app: &App,
    name: &str,
    known: &Known,
    secret: &str,
    now: Timestamp,
) -> LedgerResult<()> {
    let session = NewSession {
        token_hash: &secret_hash(secret),
        operator: name,
        stamp: &known.stamp,
        expires_at: now + app.config.limits.console.session_max,
    };
    let by = By {
        actor: name,
        reason: "",
        audit_id: &app.random.id(),
    };
    tracing::info!(operator = name, role = %known.role, "an operator signed in to the console");
    app.ledger.begin_session(session, by, now).await
}

/// A page of the console, and no other address, whatever the form says.
fn own_path(app: &App, next: &str) -> String {
    let console = app.console("");
    let rest = next.strip_prefix(&console);
    let is_ours = rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']));
    let plain = next
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    match is_ours && plain {
        true => next.to_owned(),
        false => console,
    }
}

pub(super) async fn sign_out(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    if let Some(session) = session_hash(&headers, &app.console_url)
        && let Err(error) = app.ledger.end_session(&session).await
    {
        tracing::error!(%error, "a session of the console could not be ended");
        return app.trouble();
    }
    signed_out(&app)
}

pub(super) async fn sign_out_everywhere(
    State(app): State<Arc<App>>,
    operator: SignedIn,
) -> Response {
    let by = operator.by("");
    let ended = app
        .ledger
        .end_all_sessions(&operator.name, by, app.now())
        .await;
    match ended {
        Ok(_) => signed_out(&app),
        Err(error) => {
            tracing::error!(%error, "an operator's sessions could not be ended");
            app.trouble()
        }
    }
}

fn signed_out(app: &App) -> Response {
    let cookie = cookie(&app.console_url, "", 0);
    let to = Redirect::to(&app.console("/sign-in"));
    ([(header::SET_COOKIE, cookie)], to).into_response()
}
