//! `GET /2010-04-01/Accounts/AC….json`: the account.

use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
};
use serde_json::json;

use super::credentials::authorize;
use crate::sim::Sim;

pub(super) async fn fetch(
    State(sim): State<Sim>,
    headers: HeaderMap,
    Path(account): Path<String>,
) -> Response {
    let Some(account) = account.strip_suffix(".json") else {
        return StatusCode::NOT_FOUND.into_response();
    };
    if let Err(refusal) = authorize(&sim, &headers, account) {
        return refusal;
    }
    let is_trial = sim.with(|state| state.settings.number.is_trial);
    Json(json!({
        "friendly_name": "Birdcall",
        "owner_account_sid": account,
        "sid": account,
        "status": "active",
        "type": if is_trial { "Trial" } else { "Full" },
        "uri": format!("/2010-04-01/Accounts/{account}.json"),
    }))
    .into_response()
}
