//! Twilio Messaging, as far as the service uses it.

mod create;
mod errors;
pub(crate) mod inbound;
mod list;
mod media;
mod messages;
pub(crate) mod model;
mod numbers;
mod params;
mod segments;
mod send;
pub(crate) mod signature;
mod twiml;
pub(crate) mod webhooks;

use axum::{
    Router,
    http::HeaderMap,
    response::Response,
    routing::{get, post},
};

use crate::{Sim, request::basic};

pub(crate) fn router() -> Router<Sim> {
    const ACCOUNT: &str = "/2010-04-01/Accounts/{account}";
    Router::new()
        .route(
            &format!("{ACCOUNT}/Messages.json"),
            post(create::create).get(list::list),
        )
        .route(
            &format!("{ACCOUNT}/Messages/{{sid}}"),
            get(messages::fetch)
                .post(messages::update)
                .delete(messages::delete),
        )
        .route(
            &format!("{ACCOUNT}/Messages/{{sid}}/Media.json"),
            get(media::list),
        )
        .route(
            &format!("{ACCOUNT}/Messages/{{sid}}/Media/{{media}}"),
            get(media::fetch).delete(media::delete),
        )
        .route(
            &format!("{ACCOUNT}/IncomingPhoneNumbers.json"),
            get(numbers::list),
        )
        .route("/cdn/{media}", get(media::cdn))
}

/// Checks the Basic credentials, then that the path names the same account.
fn authorize(sim: &Sim, headers: &HeaderMap, account: &str) -> Result<(), Response> {
    let config = sim.config();
    let known = basic(headers).is_some_and(|(user, password)| {
        user == config.twilio_account_sid && password == config.twilio_auth_token
    });
    if !known {
        sim.with(|state| state.counters.twilio_unauthorized += 1);
        return Err(errors::authenticate());
    }
    if account != config.twilio_account_sid {
        return Err(errors::not_found(&format!(
            "/2010-04-01/Accounts/{account}"
        )));
    }
    Ok(())
}
