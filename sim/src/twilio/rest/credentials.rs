//! Checks the credentials of requests to the REST API.

use axum::{http::HeaderMap, response::Response};

use super::errors;
use crate::{request::basic, sim::Sim};

/// Checks the Basic credentials, then that the path names the same account.
pub(super) fn authorize(sim: &Sim, headers: &HeaderMap, account: &str) -> Result<(), Response> {
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
