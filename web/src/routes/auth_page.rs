//! `GET /auth/`: the sign-in link that we text. It changes nothing, so link previews may fetch it.

use std::sync::Arc;

use axum::{
    extract::{Query, State, rejection::QueryRejection},
    http::StatusCode,
    response::Response,
};
use birdcall_domain::{
    account::AccountState, authorization::SignInFailure, clock::Timestamp, phone::Phone,
};
use birdcall_ledger::LedgerResult;
use serde::Deserialize;

use crate::{pages::Page, sign_in::SignIn, state::App};

/// The query of a sign-in link, and the fields of the form on its page.
#[derive(Default, Deserialize)]
pub(crate) struct SignInLink {
    #[serde(default)]
    phone: String,
    #[serde(default)]
    pub(crate) token: String,
}

impl SignInLink {
    /// The number, and when the link was issued. `None` if the link is too old, or if its token is
    /// not ours or is for another number.
    pub(crate) fn check(&self, app: &App, now: Timestamp) -> Option<(Phone, Timestamp)> {
        // A `+` that is not percent-encoded is decoded as a space.
        let phone: Phone = format!("+{}", self.phone.trim_start_matches(['+', ' ']))
            .parse()
            .ok()?;
        let ttl = app.config.limits.sign_in_link_ttl;
        let issued_at = app.vault.check_link(&phone, &self.token, now, ttl).ok()?;
        Some((phone, issued_at))
    }
}

pub(crate) async fn show_link(
    State(app): State<Arc<App>>,
    link: Result<Query<SignInLink>, QueryRejection>,
) -> Response {
    // A query that cannot be read, for example because a parameter comes twice, is no link.
    let link = link.map(|Query(link)| link).unwrap_or_default();
    match page_of(&app, link).await {
        Ok(page) => page,
        Err(error) => {
            tracing::error!(%error, "the sign-in page could not be shown");
            let page = Page::something_went_wrong().try_again("");
            app.show_plain(&page, StatusCode::SERVICE_UNAVAILABLE)
        }
    }
}

async fn page_of(app: &App, link: SignInLink) -> LedgerResult<Response> {
    let Some((phone, issued_at)) = link.check(app, app.now()) else {
        return Ok(app.show_plain(&Page::link_refused(), StatusCode::FORBIDDEN));
    };
    let sign_in = SignIn {
        hash: "",
        phone: &phone,
        link_issued_at: Some(issued_at),
        began_here: false,
    };
    let (page, status) = match app.obstacle(sign_in).await? {
        None => {
            let action = format!("{}/auth/start", app.config.public_url.prefix());
            (Page::sign_in(&phone, action, link.token), StatusCode::OK)
        }
        Some(SignInFailure::NotAllowed) => (Page::not_allowed(&phone), StatusCode::FORBIDDEN),
        Some(_) => match app.ledger.account_of(&phone).await? {
            // The link has led to a sign-in. A person who opens it again sees the result.
            Some(account)
                if account.state == AccountState::Active && account.linked_at >= issued_at =>
            {
                (Page::linked(&phone, &account.x_handle), StatusCode::OK)
            }
            _ => (Page::link_refused(), StatusCode::FORBIDDEN),
        },
    };
    Ok(app.show(page, Some(&phone), status).await)
}
