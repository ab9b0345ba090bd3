//! `GET https://messaging.twilio.com/v1/Services…`: the messaging service that the settings name.

use axum::{
    Json,
    extract::{Path, State},
    http::HeaderMap,
    response::{IntoResponse as _, Response},
};
use serde_json::{Value, json};

use super::{credentials::authorize, errors};
use crate::{settings::ServiceSettings, sim::Sim};

pub(super) async fn list(State(sim): State<Sim>, headers: HeaderMap) -> Response {
    if let Err(refusal) = authorized(&sim, &headers) {
        return refusal;
    }
    let service = sim.settings().messaging_service;
    let services: Vec<Value> = service.iter().map(|one| render(&sim, one)).collect();
    Json(json!({"services": services, "meta": meta("services")})).into_response()
}

pub(super) async fn fetch(
    State(sim): State<Sim>,
    headers: HeaderMap,
    Path(sid): Path<String>,
) -> Response {
    match named(&sim, &headers, &sid) {
        Ok(service) => Json(render(&sim, &service)).into_response(),
        Err(refusal) => refusal,
    }
}

/// The service's numbers: the one number of the simulator.
pub(super) async fn numbers(
    State(sim): State<Sim>,
    headers: HeaderMap,
    Path(sid): Path<String>,
) -> Response {
    if let Err(refusal) = named(&sim, &headers, &sid) {
        return refusal;
    }
    let config = sim.config();
    Json(json!({
        "phone_numbers": [{
            "account_sid": config.twilio_account_sid,
            "service_sid": sid,
            "phone_number": config.twilio_number,
            "capabilities": ["SMS", "MMS"],
        }],
        "meta": meta("phone_numbers"),
    }))
    .into_response()
}

fn authorized(sim: &Sim, headers: &HeaderMap) -> Result<(), Response> {
    authorize(sim, headers, &sim.config().twilio_account_sid)
}

fn named(sim: &Sim, headers: &HeaderMap, sid: &str) -> Result<ServiceSettings, Response> {
    authorized(sim, headers)?;
    let service = sim.settings().messaging_service;
    service
        .filter(|service| service.sid == sid)
        .ok_or_else(|| errors::not_found(&format!("/v1/Services/{sid}")))
}

fn render(sim: &Sim, service: &ServiceSettings) -> Value {
    json!({
        "account_sid": sim.config().twilio_account_sid,
        "sid": service.sid,
        "friendly_name": "Birdcall",
        "inbound_request_url": service.inbound_request_url,
        "inbound_method": service.inbound_method,
        "fallback_url": null,
        "fallback_method": "POST",
        "status_callback": null,
        "use_inbound_webhook_on_number": service.use_inbound_webhook_on_number,
    })
}

fn meta(key: &str) -> Value {
    json!({"key": key, "page": 0, "page_size": 50, "next_page_url": null})
}
