//! `GET …/IncomingPhoneNumbers.json`, `POST …/IncomingPhoneNumbers/{Sid}.json`: the service's number and its webhook.

use axum::{
    Json,
    body::Bytes,
    extract::{Path, RawQuery, State},
    http::HeaderMap,
    response::{IntoResponse as _, Response},
};
use serde_json::{Value, json};

use super::{credentials::authorize, errors::not_found, render::rfc_2822};
use crate::{request::Form, sim::Sim};

const NUMBER_SID: &str = "PN00000000000000000000000000000001";

pub(super) async fn list(
    State(sim): State<Sim>,
    headers: HeaderMap,
    Path(account): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    if let Err(refusal) = authorize(&sim, &headers, &account) {
        return refusal;
    }
    let form = Form::parse(query.unwrap_or_default().as_bytes());
    let number = &sim.config().twilio_number;
    let asked = form.filled("PhoneNumber");
    let numbers: Vec<Value> = if asked.is_none_or(|asked| number.contains(asked)) {
        vec![render(&sim, &account)]
    } else {
        Vec::new()
    };
    let uri = format!(
        "/2010-04-01/Accounts/{account}/IncomingPhoneNumbers.json?{}",
        form.encode()
    );
    Json(json!({
        "end": numbers.len().saturating_sub(1),
        "first_page_uri": uri,
        "incoming_phone_numbers": numbers,
        "next_page_uri": null,
        "page": 0,
        "page_size": 50,
        "previous_page_uri": null,
        "start": 0,
        "uri": uri,
    }))
    .into_response()
}

/// `POST …/IncomingPhoneNumbers/{Sid}.json`: changes what the form names, as Twilio's OpenAPI says.
pub(super) async fn update(
    State(sim): State<Sim>,
    headers: HeaderMap,
    Path((account, name)): Path<(String, String)>,
    body: Bytes,
) -> Response {
    if let Err(refusal) = authorize(&sim, &headers, &account) {
        return refusal;
    }
    if name.trim_end_matches(".json") != NUMBER_SID {
        return not_found(&format!(
            "/2010-04-01/Accounts/{account}/IncomingPhoneNumbers/{name}"
        ));
    }
    let form = Form::parse(&body);
    sim.with(|state| {
        if let Some(url) = form.get("SmsUrl") {
            url.clone_into(&mut state.twilio.webhook_url);
        }
        if let Some(method) = form.filled("SmsMethod") {
            method.clone_into(&mut state.settings.number.sms_method);
        }
        if let Some(app) = form.get("SmsApplicationSid") {
            state.settings.number.sms_application_sid =
                Some(app.to_owned()).filter(|app| !app.is_empty());
        }
    });
    Json(render(&sim, &account)).into_response()
}

fn render(sim: &Sim, account: &str) -> Value {
    let (webhook, settings) =
        sim.with(|state| (state.twilio.webhook_url.clone(), state.settings.clone()));
    let (fallback, setup) = (settings.fallback_url, settings.number);
    let number = &sim.config().twilio_number;
    let date = rfc_2822(sim.now());
    json!({
        "account_sid": account,
        "address_requirements": "none",
        "address_sid": null,
        "api_version": "2010-04-01",
        "beta": false,
        "bundle_sid": null,
        "capabilities": {"mms": true, "sms": setup.sms_capable, "voice": true, "fax": false},
        "date_created": date,
        "date_updated": date,
        "emergency_address_sid": null,
        "emergency_address_status": "unregistered",
        "emergency_status": "Inactive",
        "friendly_name": number,
        "identity_sid": null,
        "origin": "twilio",
        "phone_number": number,
        "sid": NUMBER_SID,
        "sms_application_sid": setup.sms_application_sid,
        "sms_fallback_method": "POST",
        "sms_fallback_url": fallback,
        "sms_method": setup.sms_method,
        "sms_url": webhook,
        "status": "in-use",
        "status_callback": null,
        "status_callback_method": "POST",
        "trunk_sid": null,
        "type": "local",
        "uri": format!("/2010-04-01/Accounts/{account}/IncomingPhoneNumbers/{NUMBER_SID}.json"),
        "voice_application_sid": null,
        "voice_caller_id_lookup": false,
        "voice_fallback_method": "POST",
        "voice_fallback_url": null,
        "voice_method": "POST",
        "voice_receive_mode": "voice",
        "voice_url": null,
    })
}
