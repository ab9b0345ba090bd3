//! The simulator's controls over HTTP, below `/sim/`. They offer what the library offers to
//! programs in other languages.

use std::net::SocketAddr;

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use url::Url;

use crate::{
    config::WorkerOrder, faults::Fault, guard::names_loopback, presets::Preset, settings::Settings,
    sim::Sim, x::model::UserOptions,
};

pub(crate) fn router() -> Router<Sim> {
    Router::new()
        .route("/sim/state", get(state))
        .route("/sim/texts", post(texts))
        .route(
            "/sim/faults",
            get(faults).post(add_fault).delete(clear_faults),
        )
        .route("/sim/faults/remove", post(remove_fault))
        .route("/sim/worker", post(order_worker))
        .route("/sim/requests", get(requests))
        .route("/sim/settings", get(settings).post(change_settings))
        .route("/sim/deliver", post(deliver))
        .route("/sim/users/{username}", get(user).post(set_user))
        .route("/sim/users/{username}/revoke", post(revoke))
        .route("/sim/expire-access-tokens", post(expire))
}

fn parse<T: DeserializeOwned>(body: &Bytes) -> Result<T, Response> {
    serde_json::from_slice(body).map_err(|error| {
        let body = json!({"error": error.to_string()});
        (StatusCode::BAD_REQUEST, Json(body)).into_response()
    })
}

async fn state(State(sim): State<Sim>) -> Json<Value> {
    let users: Vec<_> = sim.with(|state| state.x.users.values().cloned().collect());
    let opted_out: Vec<_> = sim.with(|state| state.twilio.opted_out.iter().cloned().collect());
    Json(json!({
        "posts": sim.all_posts(),
        "messages": sim.messages(),
        "users": users,
        "opted_out": opted_out,
        "deliveries": sim.deliveries(),
        "undelivered": sim.undelivered(),
        "faults": sim.faults(),
        "settings": sim.settings(),
        "counters": sim.counters(),
    }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    from: String,
    body: String,
    #[serde(default)]
    media: Vec<TextMedia>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TextMedia {
    content_type: String,
    base64: String,
}

async fn texts(State(sim): State<Sim>, body: Bytes) -> Response {
    let text: Text = match parse(&body) {
        Ok(text) => text,
        Err(refusal) => return refusal,
    };
    let mut media = Vec::new();
    for file in text.media {
        match STANDARD.decode(&file.base64) {
            Ok(bytes) => media.push((file.content_type, bytes)),
            Err(error) => {
                let body = json!({"error": error.to_string()});
                return (StatusCode::BAD_REQUEST, Json(body)).into_response();
            }
        }
    }
    let sid = sim.text_with_media(&text.from, &text.body, media).await;
    (StatusCode::CREATED, Json(json!({"sid": sid}))).into_response()
}

/// A complete fault, or the name of a preset with its limits.
#[derive(Deserialize)]
#[serde(untagged)]
enum NewFault {
    Preset {
        preset: Preset,
        #[serde(default)]
        count: Option<u32>,
        #[serde(default)]
        probability: Option<f64>,
        #[serde(default)]
        matches: Option<String>,
    },
    Full(Fault),
}

async fn add_fault(State(sim): State<Sim>, body: Bytes) -> Response {
    match parse(&body) {
        Ok(NewFault::Full(fault)) => sim.fault(fault),
        Ok(NewFault::Preset {
            preset,
            count,
            probability,
            matches,
        }) => {
            sim.fault(Fault {
                count,
                probability,
                matches,
                ..Fault::preset(preset)
            });
        }
        Err(refusal) => return refusal,
    }
    (StatusCode::CREATED, Json(sim.faults())).into_response()
}

async fn faults(State(sim): State<Sim>) -> Response {
    Json(sim.faults()).into_response()
}

async fn clear_faults(State(sim): State<Sim>) -> StatusCode {
    sim.clear_faults();
    StatusCode::NO_CONTENT
}

/// Removes the first fault that is the same. How often it still applies makes no difference.
async fn remove_fault(State(sim): State<Sim>, body: Bytes) -> Response {
    match parse::<Fault>(&body) {
        Ok(fault) => Json(json!({"removed": sim.remove_fault(&fault)})).into_response(),
        Err(refusal) => refusal,
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Order {
    run: bool,
}

/// Kills or starts the app's worker.
async fn order_worker(State(sim): State<Sim>, body: Bytes) -> Response {
    let order = match parse::<Order>(&body) {
        Ok(Order { run: true }) => WorkerOrder::Start,
        Ok(Order { run: false }) => WorkerOrder::Kill,
        Err(refusal) => return refusal,
    };
    match &sim.config().worker {
        Some(control) => Json(json!({"running": control(order)})).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn requests(State(sim): State<Sim>) -> Response {
    Json(sim.requests()).into_response()
}

async fn settings(State(sim): State<Sim>) -> Response {
    Json(sim.settings()).into_response()
}

/// Merges the given members into the current settings. Members of `limits` are merged too.
async fn change_settings(State(sim): State<Sim>, body: Bytes) -> Response {
    let change: Value = match parse(&body) {
        Ok(change) => change,
        Err(refusal) => return refusal,
    };
    let merged = sim.with(|state| {
        let mut current = serde_json::to_value(&state.settings).unwrap_or_default();
        merge(&mut current, change);
        let settings: Settings = serde_json::from_value(current)?;
        check_fallback(&settings, sim.address())?;
        state.settings = settings.clone();
        Ok::<_, serde_json::Error>(settings)
    });
    match merged {
        Ok(settings) => Json(settings).into_response(),
        Err(error) => (
            StatusCode::BAD_REQUEST,
            Json(json!({"error": error.to_string()})),
        )
            .into_response(),
    }
}

/// A simulator that only this machine can reach sends requests to this machine only.
fn check_fallback(settings: &Settings, address: SocketAddr) -> serde_json::Result<()> {
    let Some(url) = &settings.fallback_url else {
        return Ok(());
    };
    let stays = Url::parse(url).is_ok_and(|url| names_loopback(&url));
    if address.ip().is_loopback() && !stays {
        let why = "fallback_url: a simulator on a loopback address calls loopback addresses only";
        return Err(serde::de::Error::custom(why));
    }
    Ok(())
}

fn merge(base: &mut Value, change: Value) {
    match change {
        Value::Object(members) if base.is_object() => {
            for (name, value) in members {
                // The map of numbers is replaced as a whole; otherwise a number could not be
                // removed.
                if name == "undeliverable" {
                    base[&name] = value;
                } else {
                    merge(&mut base[&name], value);
                }
            }
        }
        other => *base = other,
    }
}

async fn deliver(State(sim): State<Sim>) -> Json<Value> {
    Json(json!({"sent": sim.deliver().await}))
}

async fn user(State(sim): State<Sim>, Path(username): Path<String>) -> Response {
    Json(sim.user(&username)).into_response()
}

async fn set_user(State(sim): State<Sim>, Path(username): Path<String>, body: Bytes) -> Response {
    match parse::<UserOptions>(&body) {
        Ok(options) => sim.set_user(&username, options),
        Err(refusal) => return refusal,
    }
    Json(sim.user(&username)).into_response()
}

async fn revoke(State(sim): State<Sim>, Path(username): Path<String>) -> StatusCode {
    sim.revoke_user(&username);
    StatusCode::NO_CONTENT
}

async fn expire(State(sim): State<Sim>) -> StatusCode {
    sim.expire_access_tokens();
    StatusCode::NO_CONTENT
}
