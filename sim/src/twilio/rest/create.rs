//! `POST …/Messages.json`: the app sends a text.

use std::time::Duration;

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
};

use super::{create_rules::check, credentials::authorize, errors, render::render};
use crate::{
    request::{Form, is_form},
    sim::Sim,
    state::SimState,
    twilio::{
        model::{Direction, Message, Status, Undeliverable},
        segments::segments,
        webhooks::model::Queued,
    },
};

/// Twilio stops two machines that answer each other, see
/// <https://www.twilio.com/docs/errors/14107>.
const LOOP_WINDOW: Duration = Duration::from_secs(30);
const LOOP_ERROR: u32 = 14107;

pub(super) async fn create(
    State(sim): State<Sim>,
    headers: HeaderMap,
    Path(account): Path<String>,
    body: Bytes,
) -> Response {
    if let Err(refusal) = authorize(&sim, &headers, &account) {
        return refusal;
    }
    if !is_form(&headers) {
        return errors::bad(20001, "The body must be application/x-www-form-urlencoded");
    }
    let form = Form::parse(&body);
    if let Err(refusal) = check(&sim, &form) {
        return refusal;
    }
    let answer = sim.with(|state| accept(&sim, state, &form));
    sim.wake();
    match answer {
        Ok(message) => (StatusCode::CREATED, Json(render(&account, &message))).into_response(),
        Err(refusal) => refusal,
    }
}

fn accept(sim: &Sim, state: &mut SimState, form: &Form) -> Result<Message, Response> {
    let to = form.get("To").unwrap_or_default().to_owned();
    if state.twilio.opted_out.contains(&to) {
        state.counters.sends_to_opted_out += 1;
        return Err(errors::bad(
            21610,
            "Attempt to send to unsubscribed recipient",
        ));
    }
    let now = sim.now();
    let since = now - LOOP_WINDOW;
    let recent = state
        .twilio
        .messages
        .iter()
        .rev()
        .take_while(|message| message.created_at > since)
        .filter(|message| message.direction == Direction::OutboundApi && message.to == to)
        .count();
    let service = form.filled("MessagingServiceSid").map(str::to_owned);
    let with_media = form.filled("MediaUrl").is_some();
    let body = form.get("Body").unwrap_or_default().to_owned();
    let message = Message {
        sid: format!("{}{}", if with_media { "MM" } else { "SM" }, sim.hex(16)),
        direction: Direction::OutboundApi,
        from: sim.config().twilio_number.clone(),
        to: to.clone(),
        num_segments: segments(&body),
        body,
        status: if service.is_some() {
            Status::Accepted
        } else {
            Status::Queued
        },
        error_code: None,
        created_at: now,
        updated_at: now,
        status_callback: form.filled("StatusCallback").map(str::to_owned),
        messaging_service_sid: service,
        validity_period: form
            .filled("ValidityPeriod")
            .and_then(|period| period.parse().ok()),
        media: Vec::new(),
        deleted: false,
    };
    let fate = if recent >= state.settings.replies_per_30s_max {
        Some(Undeliverable {
            status: Status::Failed,
            error_code: LOOP_ERROR,
        })
    } else {
        state.settings.undeliverable.get(&to).copied()
    };
    let mut queue = |status, error_code| {
        state
            .twilio
            .queue
            .push_back(Queued::status(&message.sid, status, error_code, now));
    };
    match fate {
        Some(Undeliverable {
            status: Status::Failed,
            error_code,
        }) => {
            queue(Status::Failed, Some(error_code));
        }
        Some(Undeliverable { error_code, .. }) => {
            queue(Status::Sent, None);
            queue(Status::Undelivered, Some(error_code));
        }
        None => {
            queue(Status::Sent, None);
            queue(Status::Delivered, None);
        }
    }
    state.twilio.add(message.clone());
    Ok(message)
}
