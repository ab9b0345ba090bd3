//! The files of messages: their list, the redirect to the storage host, and their deletion.

use std::time::Duration;

use axum::{
    Json,
    extract::{OriginalUri, Path, RawQuery, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use serde_json::{Value, json};

use super::{credentials::authorize, errors, render::rfc_2822};
use crate::{
    request::Form,
    sim::Sim,
    twilio::model::{Media, Message},
};

/// A link to the storage host expires after this time.
const LINK_LIFETIME: Duration = Duration::from_secs(4 * 60 * 60);

fn render(account: &str, message: &Message, media: &Media) -> Value {
    json!({
        "account_sid": account,
        "content_type": media.content_type,
        "date_created": rfc_2822(message.created_at),
        "date_updated": rfc_2822(message.created_at),
        "parent_sid": message.sid,
        "sid": media.sid,
        "uri": format!(
            "/2010-04-01/Accounts/{account}/Messages/{}/Media/{}.json",
            message.sid, media.sid
        ),
    })
}

pub(super) async fn list(
    State(sim): State<Sim>,
    headers: HeaderMap,
    Path((account, sid)): Path<(String, String)>,
    OriginalUri(uri): OriginalUri,
) -> Response {
    if let Err(refusal) = authorize(&sim, &headers, &account) {
        return refusal;
    }
    sim.with(|state| match state.twilio.message(&sid) {
        None => errors::not_found(uri.path()),
        Some(message) => {
            let list: Vec<Value> = message
                .media
                .iter()
                .map(|media| render(&account, message, media))
                .collect();
            Json(json!({
                "end": list.len().saturating_sub(1),
                "first_page_uri": format!("{}?PageSize=50&Page=0", uri.path()),
                "media_list": list,
                "next_page_uri": null,
                "page": 0,
                "page_size": 50,
                "previous_page_uri": null,
                "start": 0,
                "uri": format!("{}?PageSize=50&Page=0", uri.path()),
            }))
            .into_response()
        }
    })
}

/// Returns the resource if the path ends in `.json`. Otherwise redirects to the file by a signed
/// link.
pub(super) async fn fetch(
    State(sim): State<Sim>,
    headers: HeaderMap,
    Path((account, sid, last)): Path<(String, String, String)>,
    OriginalUri(uri): OriginalUri,
) -> Response {
    if let Err(refusal) = authorize(&sim, &headers, &account) {
        return refusal;
    }
    let link = sim.config().random.token(24);
    let ends_at = (sim.now() + LINK_LIFETIME).as_millis();
    let url = sim.url();
    sim.with(|state| {
        let media_sid = last.strip_suffix(".json").unwrap_or(&last);
        let found = state.twilio.message(&sid).and_then(|message| {
            let media = message.media.iter().find(|media| media.sid == media_sid)?;
            Some(render(&account, message, media))
        });
        match found {
            None => errors::not_found(uri.path()),
            Some(resource) if last.ends_with(".json") => Json(resource).into_response(),
            Some(_) => {
                let location = format!("{url}/cdn/{media_sid}?message={sid}&signature={link}");
                state
                    .twilio
                    .cdn_links
                    .insert(link, (media_sid.to_owned(), ends_at));
                (
                    StatusCode::TEMPORARY_REDIRECT,
                    [(header::LOCATION, location)],
                )
                    .into_response()
            }
        }
    })
}

pub(super) async fn delete(
    State(sim): State<Sim>,
    headers: HeaderMap,
    Path((account, sid, last)): Path<(String, String, String)>,
    OriginalUri(uri): OriginalUri,
) -> Response {
    if let Err(refusal) = authorize(&sim, &headers, &account) {
        return refusal;
    }
    let media_sid = last.strip_suffix(".json").unwrap_or(&last);
    sim.with(|state| {
        let message = state.twilio.message(&sid);
        let place = message.and_then(|message| {
            let place = message
                .media
                .iter()
                .position(|media| media.sid == media_sid)?;
            Some((message, place))
        });
        match place {
            None => errors::not_found(uri.path()),
            Some((message, place)) => {
                message.media.remove(place);
                StatusCode::NO_CONTENT.into_response()
            }
        }
    })
}

/// Serves a file as the storage host does, for a signed link and without credentials. A request
/// with both is refused, because storage hosts refuse two ways of authentication at once.
pub(super) async fn cdn(
    State(sim): State<Sim>,
    headers: HeaderMap,
    Path(media_sid): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let form = Form::parse(query.unwrap_or_default().as_bytes());
    let now = sim.now().as_millis();
    sim.with(|state| {
        if headers.contains_key(header::AUTHORIZATION) {
            state.counters.leaked_credentials += 1;
            return (StatusCode::BAD_REQUEST, "Only one auth mechanism allowed\n").into_response();
        }
        let link = form
            .get("signature")
            .and_then(|link| state.twilio.cdn_links.get(link));
        if !link.is_some_and(|(sid, ends_at)| *sid == media_sid && now < *ends_at) {
            return (StatusCode::FORBIDDEN, "Access denied\n").into_response();
        }
        let message = state
            .twilio
            .message(form.get("message").unwrap_or_default());
        match message.and_then(|m| m.media.iter().find(|media| media.sid == media_sid)) {
            None => StatusCode::NOT_FOUND.into_response(),
            Some(media) => {
                let kind = [(header::CONTENT_TYPE, media.content_type.clone())];
                (kind, media.bytes.clone()).into_response()
            }
        }
    })
}
