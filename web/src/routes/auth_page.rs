//! `GET /auth/`: the sign-in link that we text. It changes nothing, so link previews may fetch it.

use std::sync::Arc;

use axum::{
    extract::{Query, State},
    http::StatusCode,
    response::Response,
};
use birdcall_domain::{account::AccountState, clock::Timestamp, phone::Phone};
use serde::Deserialize;

use crate::{
    pages::{Page, StartForm},
    state::App,
};

/// The query of a sign-in link, and the fields of the form on its page.
#[derive(Deserialize)]
pub(crate) struct SignInLink {
    #[serde(default)]
    phone: String,
    #[serde(default)]
    token: String,
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
    Query(link): Query<SignInLink>,
) -> Response {
    let Some((phone, issued_at)) = link.check(&app, app.now()) else {
        return Page::link_refused().with_status(StatusCode::FORBIDDEN);
    };
    match app.ledger.account_of(&phone).await {
        // The link has led to a sign-in. A person who opens it again sees the result.
        Ok(Some(account))
            if account.state == AccountState::Active && account.linked_at > issued_at =>
        {
            Page::linked(&phone, &account.x_handle).with_status(StatusCode::OK)
        }
        Ok(_) => {
            let start = StartForm {
                action: format!("{}/auth/start", app.config.public_url.prefix()),
                phone: phone.as_str().to_owned(),
                token: link.token,
            };
            Page::sign_in(&phone, start).with_status(StatusCode::OK)
        }
        Err(error) => {
            tracing::error!(%error, "the sign-in page could not be shown");
            Page::something_went_wrong().with_status(StatusCode::SERVICE_UNAVAILABLE)
        }
    }
}
