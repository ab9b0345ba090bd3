//! `GET /auth/`: the link that we text. Safe to fetch any number of times: link previews do.

use std::sync::Arc;

use axum::{
    extract::{Query, State},
    http::StatusCode,
    response::Response,
};
use birdcall_domain::{account::AccountState, clock::Timestamp, phone::Phone};
use serde::Deserialize;

use crate::{
    pages::{Page, Start},
    state::App,
};

/// What the link holds.
#[derive(Deserialize)]
pub(crate) struct LinkQuery {
    #[serde(default)]
    phone: String,
    #[serde(default)]
    token: String,
}

impl LinkQuery {
    /// The number, if the token is genuine, in time and for it; and when the link was made.
    pub(crate) fn check(&self, app: &App, now: Timestamp) -> Option<(Phone, Timestamp)> {
        // A `+` that was not percent-encoded arrives as a space.
        let phone: Phone = format!("+{}", self.phone.trim_start_matches(['+', ' ']))
            .parse()
            .ok()?;
        let ttl = app.config.limits.sign_in_link_ttl;
        let issued_at = app.vault.check_link(&phone, &self.token, now, ttl).ok()?;
        Some((phone, issued_at))
    }

    pub(crate) fn token(&self) -> &str {
        &self.token
    }
}

pub(crate) async fn show(State(app): State<Arc<App>>, Query(link): Query<LinkQuery>) -> Response {
    let Some((phone, issued_at)) = link.check(&app, app.now()) else {
        return Page::link_refused().with(StatusCode::FORBIDDEN);
    };
    match app.ledger.account_of(&phone).await {
        // The link has done its work: whoever opens it again sees how it ended.
        Ok(Some(account))
            if account.state == AccountState::Active && account.linked_at > issued_at =>
        {
            Page::linked(&phone, &account.x_handle).with(StatusCode::OK)
        }
        Ok(_) => {
            let start = Start {
                action: format!("{}/auth/start", app.config.public_url.prefix()),
                phone: phone.as_str().to_owned(),
                token: link.token().to_owned(),
            };
            Page::sign_in(&phone, start).with(StatusCode::OK)
        }
        Err(error) => {
            tracing::error!(%error, "the sign-in page needs the database");
            Page::out_of_order().with(StatusCode::SERVICE_UNAVAILABLE)
        }
    }
}
