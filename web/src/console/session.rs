//! Who asks: the session in the cookie, and the operator that it belongs to.

use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, Method, StatusCode, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use birdcall_domain::{
    operator::{FIRST_OPERATOR, Role},
    public_url::PublicUrl,
};
use birdcall_ledger::{LedgerResult, audit::By, authorizations::secret_hash};
use url::form_urlencoded;

use crate::{cookies, state::App};

/// An operator who is signed in.
pub(crate) struct SignedIn {
    pub(crate) name: String,
    pub(crate) role: Role,
    /// The hash of the cookie.
    pub(crate) session: String,
    /// What is shown to this session unmasked.
    pub(crate) reveals: Vec<String>,
    /// For the entry of the audit that this request may write.
    audit_id: String,
}

impl SignedIn {
    /// For the audit: this operator, and the reason that the form gave.
    pub(crate) fn by<'a>(&'a self, reason: &'a str) -> By<'a> {
        By {
            actor: &self.name,
            reason: reason.trim(),
            audit_id: &self.audit_id,
        }
    }

    /// Whether the operator revealed a subject.
    pub(crate) fn sees(&self, subject: &str) -> bool {
        self.reveals.iter().any(|revealed| revealed == subject)
    }
}

/// The header of a page that looks again by itself: nobody uses it.
const BY_ITSELF: &str = "x-birdcall-live";

/// The name of the cookie. Browsers take a name that begins with `__Host-` only from the host itself, by
/// https and for every path.
pub(super) fn cookie_name(public_url: &PublicUrl) -> &'static str {
    match public_url.is_https() {
        true => "__Host-birdcall_console",
        false => "birdcall_console",
    }
}

/// The header that sets the cookie, or removes it when `secret` is empty.
pub(super) fn cookie(public_url: &PublicUrl, secret: &str, seconds: u64) -> String {
    let secure = match public_url.is_https() {
        true => "; Secure",
        false => "",
    };
    format!(
        "{}={secret}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}",
        cookie_name(public_url)
    )
}

/// The hash of the session's cookie, if the request has one.
pub(super) fn session_hash(headers: &HeaderMap, public_url: &PublicUrl) -> Option<String> {
    cookies::value(headers, cookie_name(public_url)).map(|secret| secret_hash(&secret))
}

impl App {
    /// What the operator's sessions must have been begun with, and the role. `None`: there is no such
    /// operator (any more).
    pub(super) async fn standing(&self, name: &str) -> LedgerResult<Option<(String, Role)>> {
        if name == FIRST_OPERATOR {
            let password = self.config.admin_password.as_ref();
            return Ok(password.map(|password| (self.vault.stamp(password), Role::Admin)));
        }
        let operator = self.ledger.operator(name).await?;
        Ok(operator.map(|operator| (operator.stamp, operator.role)))
    }

    async fn signed_in(&self, headers: &HeaderMap) -> LedgerResult<Option<SignedIn>> {
        let Some(session) = session_hash(headers, &self.console_url) else {
            return Ok(None);
        };
        let now = self.now();
        let idle = self.config.limits.console.idle_max;
        let used = !headers.contains_key(BY_ITSELF);
        let Some(found) = self.ledger.session(&session, idle, used, now).await? else {
            return Ok(None);
        };
        let Some((stamp, role)) = self.standing(&found.operator).await? else {
            return Ok(None);
        };
        if stamp != found.stamp {
            return Ok(None);
        }
        Ok(Some(SignedIn {
            name: found.operator,
            role,
            reveals: self.ledger.reveals(&session, now).await?,
            session,
            audit_id: self.random.id(),
        }))
    }
}

impl FromRequestParts<Arc<App>> for SignedIn {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Response> {
        match app.signed_in(&parts.headers).await {
            Ok(Some(operator)) => Ok(operator),
            Ok(None) => {
                let here = parts.uri.path_and_query().map(ToString::to_string);
                let here = here.filter(|_| parts.method == Method::GET);
                let next = here.unwrap_or_else(|| app.console(""));
                let query = form_urlencoded::Serializer::new(String::new())
                    .append_pair("next", &next)
                    .finish();
                let sign_in = format!("{}?{query}", app.console("/sign-in"));
                Err(Redirect::to(&sign_in).into_response())
            }
            Err(error) => {
                tracing::error!(%error, "a session of the console cannot be read");
                Err(app.trouble())
            }
        }
    }
}

/// An operator who may do what the role `operate` may.
pub(crate) struct Operates(pub(crate) SignedIn);

/// An operator who may do what the role `admin` may.
pub(crate) struct Administers(pub(crate) SignedIn);

impl FromRequestParts<Arc<App>> for Operates {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Response> {
        with_role(parts, app, Role::Operate).await.map(Self)
    }
}

impl FromRequestParts<Arc<App>> for Administers {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Response> {
        with_role(parts, app, Role::Admin).await.map(Self)
    }
}

async fn with_role(parts: &mut Parts, app: &Arc<App>, role: Role) -> Result<SignedIn, Response> {
    let operator = SignedIn::from_request_parts(parts, app).await?;
    if operator.role.may(role) {
        return Ok(operator);
    }
    let page = crate::pages::Page::role_too_low(operator.role, role);
    Err(app.show_plain(&page, StatusCode::FORBIDDEN))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_bound_to_the_host_by_https() {
        for (url, expected) in [
            (
                "https://birdcall.example/app",
                "__Host-birdcall_console=abc; Path=/; Max-Age=60; HttpOnly; SameSite=Strict; Secure",
            ),
            (
                "http://127.0.0.1:8080",
                "birdcall_console=abc; Path=/; Max-Age=60; HttpOnly; SameSite=Strict",
            ),
        ] {
            let public_url = url.parse().expect("a URL");
            assert_eq!(cookie(&public_url, "abc", 60), expected);
        }
    }
}
