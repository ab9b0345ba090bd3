//! The middleware that every API request passes: it records the request and applies faults.

use std::time::Duration;

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use serde_json::{Map, Value};

use crate::{
    connection::Switch,
    endpoint::endpoint_name,
    faults::{FaultAction, draw, header_value},
    log::{RequestRecord, push_bounded},
    request::{Form, content_type, is_form},
    sim::Sim,
    x::token::answered,
};

/// A larger request body is refused with 413.
const BODY_BYTES_MAX: usize = 32 * 1024 * 1024;

/// The values of these parameters are never kept.
const SECRETS: [&str; 6] = [
    "code",
    "code_verifier",
    "refresh_token",
    "token",
    "client_secret",
    "access_token",
];

/// Records a request, applies the faults drawn for it, and passes it on.
pub(crate) async fn observe(
    State(sim): State<Sim>,
    ConnectInfo(switch): ConnectInfo<Switch>,
    request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path();
    if path == "/" || path == "/favicon.ico" || path.starts_with("/sim/") {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let Ok(bytes) = to_bytes(body, BODY_BYTES_MAX).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let endpoint = endpoint_name(&parts.method, parts.uri.path());
    let (number, drawn) = sim.with(|state| {
        state.requests_seen += 1;
        let number = state.requests_seen;
        if endpoint == "unknown" {
            state.counters.unexpected_requests += 1;
        }
        let drawn = draw(
            &mut state.faults,
            endpoint,
            |text| holds(&parts.headers, &bytes, text),
            &sim.config().random,
        );
        let record = RequestRecord {
            number,
            at: sim.now(),
            method: parts.method.to_string(),
            path: parts.uri.path().to_owned(),
            endpoint: endpoint.to_owned(),
            params: params(&parts.uri, &parts.headers, &bytes),
            status: None,
            faulted: drawn.name(),
        };
        push_bounded(&mut state.requests, record);
        (number, drawn)
    });
    if drawn.delay_millis > 0 {
        tokio::time::sleep(Duration::from_millis(drawn.delay_millis)).await;
    }
    let act = || next.run(Request::from_parts(parts, Body::from(bytes)));
    let response = match drawn.action {
        Some(FaultAction::Answer {
            status,
            headers,
            body,
        }) => {
            let mut response = answer(status, &body);
            for (name, value) in &headers {
                let value = header_value(name, value, sim.now());
                if let (Ok(name), Ok(value)) = (
                    HeaderName::try_from(name.as_str()),
                    HeaderValue::try_from(value),
                ) {
                    response.headers_mut().insert(name, value);
                }
            }
            response
        }
        Some(FaultAction::AnswerAfter { status, body }) => {
            act().await;
            answer(status, &body)
        }
        Some(FaultAction::DropBefore) => return dropped(&switch),
        Some(FaultAction::DropAfter) => {
            act().await;
            return dropped(&switch);
        }
        _ => {
            let response = act().await;
            answered(&sim, &response);
            response
        }
    };
    sim.with(|state| {
        // The log loses records at its old end only, so the number of the request gives its place.
        let behind = usize::try_from(state.requests_seen - number).unwrap_or(usize::MAX);
        let place = state.requests.len().checked_sub(behind.saturating_add(1));
        if let Some(record) = place.and_then(|place| state.requests.get_mut(place)) {
            record.status = Some(response.status().as_u16());
        }
    });
    response
}

/// Cuts the connection. The returned response is never written.
fn dropped(switch: &Switch) -> Response {
    switch.cut();
    StatusCode::NO_CONTENT.into_response()
}

/// Builds the response of a fault.
fn answer(status: u16, body: &Value) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    match body {
        Value::Null => status.into_response(),
        Value::String(text) => (status, text.clone()).into_response(),
        json => {
            let problem = json.get("title").is_some() && json.get("type").is_some();
            let kind = if problem {
                "application/problem+json"
            } else {
                "application/json"
            };
            (status, [(header::CONTENT_TYPE, kind)], json.to_string()).into_response()
        }
    }
}

/// Returns whether a request's body contains a text, either as sent or decoded.
fn holds(headers: &HeaderMap, body: &Bytes, text: &str) -> bool {
    if String::from_utf8_lossy(body).contains(text) {
        return true;
    }
    if is_form(headers) {
        return Form::parse(body)
            .0
            .iter()
            .any(|(_, value)| value.contains(text));
    }
    // A JSON body may contain the text with escapes.
    serde_json::from_slice::<Value>(body)
        .ok()
        .and_then(|json| json.get("text")?.as_str().map(|value| value.contains(text)))
        .unwrap_or(false)
}

/// Returns the parameters of a request with secrets redacted.
fn params(uri: &Uri, headers: &HeaderMap, body: &Bytes) -> Value {
    let mut all = Map::new();
    insert_form(
        &mut all,
        &Form::parse(uri.query().unwrap_or_default().as_bytes()),
    );
    if is_form(headers) {
        insert_form(&mut all, &Form::parse(body));
    } else if content_type(headers).starts_with("application/json")
        && let Ok(Value::Object(json)) = serde_json::from_slice(body)
    {
        for (key, value) in json {
            // Media in base64 would fill the log.
            let value = if key == "media" && value.is_string() {
                "[bytes]".into()
            } else {
                value
            };
            all.insert(key, value);
        }
    }
    Value::Object(all)
}

fn insert_form(all: &mut Map<String, Value>, form: &Form) {
    for (key, value) in &form.0 {
        let value = if SECRETS.contains(&key.as_str()) {
            "[redacted]".to_owned()
        } else {
            value.clone()
        };
        match all.get_mut(key) {
            None => {
                all.insert(key.clone(), Value::String(value));
            }
            Some(Value::Array(values)) => values.push(Value::String(value)),
            Some(first) => *first = Value::Array(vec![first.take(), Value::String(value)]),
        }
    }
}
