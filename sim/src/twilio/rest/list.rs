//! `GET …/Messages.json`: the list of messages, newest first.

use axum::{
    Json,
    extract::{Path, RawQuery, State},
    http::HeaderMap,
    response::{IntoResponse as _, Response},
};
use chrono::{NaiveDate, NaiveDateTime};
use serde_json::{Value, json};

use super::{credentials::authorize, errors, render::render};
use crate::{request::Form, sim::Sim, twilio::model::Message};

const PAGE_SIZE: usize = 50;
const PAGE_SIZE_MAX: usize = 1000;
const DAY_MILLIS: i64 = 24 * 60 * 60 * 1000;

const PARAMETERS: [&str; 8] = [
    "To",
    "From",
    "DateSent",
    "DateSent<",
    "DateSent>",
    "PageSize",
    "Page",
    "PageToken",
];

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
    match page(&sim, &account, &form) {
        Ok(page) => Json(page).into_response(),
        Err(name) => errors::bad(20001, &format!("Invalid parameter {name}")),
    }
}

/// Returns the first and the last millisecond of a day, or twice the same moment.
fn span(text: &str) -> Option<(i64, i64)> {
    if let Ok(day) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        let start = day.and_hms_opt(0, 0, 0)?.and_utc().timestamp_millis();
        return Some((start, start + DAY_MILLIS - 1));
    }
    let text = text.trim_end_matches('Z').replace('T', " ");
    let moment = NaiveDateTime::parse_from_str(&text, "%Y-%m-%d %H:%M:%S%.f").ok()?;
    let millis = moment.and_utc().timestamp_millis();
    Some((millis, millis))
}

fn page(sim: &Sim, account: &str, form: &Form) -> Result<Value, String> {
    if let Some(name) = form.unknown(&PARAMETERS) {
        return Err(name.to_owned());
    }
    let bounds = |name: &str| match form.filled(name) {
        None => Ok(None),
        Some(text) => span(text).map(Some).ok_or_else(|| name.to_owned()),
    };
    let (on, before, after) = (
        bounds("DateSent")?,
        bounds("DateSent<")?,
        bounds("DateSent>")?,
    );
    let number = |name: &str, default: usize| match form.filled(name) {
        None => Ok(default),
        Some(text) => text.parse::<usize>().map_err(|_| name.to_owned()),
    };
    let size = number("PageSize", PAGE_SIZE)?.clamp(1, PAGE_SIZE_MAX);
    let index = number("Page", 0)?;
    let token = form
        .filled("PageToken")
        .map(|token| token.strip_prefix("PA").unwrap_or_default());
    let fits = |message: &&Message| {
        let sent = message.created_at.as_millis();
        !message.deleted
            && form.filled("To").is_none_or(|to| message.to == to)
            && form.filled("From").is_none_or(|from| message.from == from)
            && on.is_none_or(|(first, last)| (first..=last).contains(&sent))
            && before.is_none_or(|(_, last)| sent <= last)
            && after.is_none_or(|(first, _)| sent >= first)
    };
    sim.with(|state| {
        // A page continues after the last message of the previous page, so new messages do not
        // shift it.
        let end = match token {
            None => state.twilio.messages.len(),
            Some(sid) => *state.twilio.by_sid.get(sid).ok_or("PageToken")?,
        };
        let skip = if token.is_some() { 0 } else { index * size };
        let mut found = state.twilio.messages[..end]
            .iter()
            .rev()
            .filter(fits)
            .skip(skip);
        let shown: Vec<&Message> = found.by_ref().take(size).collect();
        let more = found.next().is_some();
        let base = format!("/2010-04-01/Accounts/{account}/Messages.json");
        let uri = |page: usize, token: Option<&str>| {
            let mut query = Form(
                form.0
                    .iter()
                    .filter(|(name, _)| !matches!(name.as_str(), "Page" | "PageToken" | "PageSize"))
                    .cloned()
                    .collect(),
            );
            query.0.push(("PageSize".to_owned(), size.to_string()));
            query.0.push(("Page".to_owned(), page.to_string()));
            query
                .0
                .extend(token.map(|sid| ("PageToken".to_owned(), format!("PA{sid}"))));
            format!("{base}?{}", query.encode())
        };
        let next = shown
            .last()
            .filter(|_| more)
            .map(|last| uri(index + 1, Some(&last.sid)));
        let start = index * size;
        Ok(json!({
            "end": start + shown.len().saturating_sub(1),
            "first_page_uri": uri(0, None),
            "messages": shown.iter().map(|message| render(account, message)).collect::<Vec<_>>(),
            "next_page_uri": next,
            "page": index,
            "page_size": size,
            "previous_page_uri": null,
            "start": start,
            "uri": uri(index, token),
        }))
    })
}
