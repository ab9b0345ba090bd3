//! `GET /auth/`: the sign-in link that we text. It changes nothing, so link previews may fetch it.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{Query, State, rejection::QueryRejection},
    http::StatusCode,
    response::Response,
};
use birdcall_common::vault::Vault;
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
        self.read(&app.vault, now, app.config.limits.sign_in_link_ttl)
    }

    fn read(&self, vault: &Vault, now: Timestamp, ttl: Duration) -> Option<(Phone, Timestamp)> {
        // A `+` that is not percent-encoded is decoded as a space.
        let phone: Phone = format!("+{}", self.phone.trim_start_matches(['+', ' ']))
            .parse()
            .ok()?;
        let issued_at = vault.check_link(&phone, &self.token, now, ttl).ok()?;
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

#[cfg(test)]
mod tests {
    use axum::http::Uri;
    use birdcall_common::{link::sign_in_link, vault::SecretKeys};
    use birdcall_domain::random::SeededRandom;
    use proptest::prelude::*;

    use super::*;

    const TTL: Duration = Duration::from_secs(3600);

    fn vault() -> Vault {
        let keys = SecretKeys::new(vec![[1; 32]]).expect("a key");
        Vault::new(keys, Arc::new(SeededRandom::new(1)))
    }

    /// What is read of a link, as the router reads it.
    fn read(link: &str, now: Timestamp) -> Option<(Phone, Timestamp)> {
        let uri: Uri = link.parse().ok()?;
        let Query(link) = Query::<SignInLink>::try_from_uri(&uri).ok()?;
        link.read(&vault(), now, TTL)
    }

    fn texted(phone: &Phone, issued_at: Timestamp) -> String {
        let public_url = "https://example.com/birdcall".parse().expect("a URL");
        sign_in_link(&public_url, phone, &vault().link_token(phone, issued_at))
    }

    fn phones() -> impl Strategy<Value = Phone> {
        "\\+[1-9][0-9]{6,14}".prop_map(|digits| digits.parse().expect("a phone"))
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn every_link_is_read_as_it_was_made(phone in phones(), second in 0..u32::MAX, age in 0..7200_u64) {
            let issued_at = Timestamp::from_secs(second.into());
            let link = texted(&phone, issued_at);
            let now = issued_at + Duration::from_secs(age);
            let expected = (now < issued_at + TTL).then(|| (phone.clone(), issued_at));
            prop_assert_eq!(read(&link, now), expected.clone());
            // A browser or a person may write the plus as it is, or leave it out.
            prop_assert_eq!(read(&link.replace("%2B", "+"), now), expected.clone());
            prop_assert_eq!(read(&link.replace("%2B", ""), now), expected);
        }

        #[test]
        fn a_link_with_one_character_changed_is_no_link(
            phone in phones(),
            place in 0..200_usize,
            other in "[!-~]",
            how in 0..3_u8,
        ) {
            let issued_at = Timestamp::from_secs(1_795_366_805);
            let link = texted(&phone, issued_at);
            let query = link.find('?').expect("a query") + 1;
            let place = query + place % (link.len() - query);
            let (before, after) = (&link[..place], &link[place + 1..]);
            let changed = match how {
                0 => format!("{before}{after}"),
                1 => format!("{before}{other}{after}"),
                _ => format!("{before}{other}{}", &link[place..]),
            };
            // Only a link for the same phone with the same token may be read.
            let genuine = vault().link_token(&phone, issued_at);
            if let Some(found) = read(&changed, issued_at) {
                prop_assert_eq!(found, (phone, issued_at), "{}", changed);
                prop_assert!(changed.contains(&genuine), "{}", changed);
            }
        }

        #[test]
        fn no_made_up_query_is_a_link(query in "[ -~]{0,80}", phone in phones(), token in ".{0,40}") {
            let now = Timestamp::from_secs(1_795_366_805);
            prop_assert_eq!(read(&format!("/auth/?{query}"), now), None);
            let link = SignInLink { phone: phone.as_str().to_owned(), token };
            prop_assert_eq!(link.read(&vault(), now, TTL), None);
        }
    }
}
