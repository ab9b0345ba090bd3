//! `POST …/Messages.json`: the app sends a text.

use std::time::Duration;

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
};
use url::Url;

use super::{
    authorize, errors,
    model::{Direction, Message, Status, render},
    segments::segments,
    webhooks::Queued,
};
use crate::{
    Sim, Undeliverable,
    request::{Form, is_form},
    state::State as Memory,
};

const BODY_CHARACTERS_MAX: usize = 1600;
const VALIDITY_SECONDS_MAX: u32 = 36_000;
/// Twilio cuts off two machines that answer each other.
const LOOP_WINDOW: Duration = Duration::from_secs(30);
const LOOP_ERROR: u32 = 14107;

const PARAMETERS: [&str; 25] = [
    "To",
    "StatusCallback",
    "ApplicationSid",
    "MaxPrice",
    "ProvideFeedback",
    "Attempt",
    "ValidityPeriod",
    "ForceDelivery",
    "ContentRetention",
    "AddressRetention",
    "SmartEncoded",
    "PersistentAction",
    "TrafficType",
    "ShortenUrls",
    "ScheduleType",
    "SendAt",
    "SendAsMms",
    "ContentVariables",
    "RiskCheck",
    "From",
    "FallbackFrom",
    "MessagingServiceSid",
    "Body",
    "MediaUrl",
    "ContentSid",
];

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

/// Everything that can be said without looking at the state.
fn check(sim: &Sim, form: &Form) -> Result<(), Response> {
    if let Some(name) = form.unknown(&PARAMETERS) {
        return Err(errors::bad(20001, &format!("Unknown parameter {name}")));
    }
    let Some(to) = form.filled("To") else {
        return Err(errors::bad(21604, "A 'To' phone number is required."));
    };
    if !is_e164(to) {
        return Err(errors::bad(
            21211,
            &format!("Invalid 'To' Phone Number: {to}"),
        ));
    }
    let number = &sim.config().twilio_number;
    match (form.filled("From"), form.filled("MessagingServiceSid")) {
        (None, None) => {
            return Err(errors::bad(21603, "A 'From' phone number is required."));
        }
        (_, Some(service)) if !is_sid(service, "MG") => {
            return Err(errors::bad(
                21705,
                &format!("The Messaging Service Sid {service} is invalid."),
            ));
        }
        (Some(from), _) if !is_e164(from) => {
            return Err(errors::bad(
                21212,
                &format!("Invalid From Number (caller ID): {from}"),
            ));
        }
        (Some(from), _) if from != number => {
            return Err(errors::bad(
                21606,
                &format!(
                    "The 'From' phone number provided ({from}) is not a valid message-capable Twilio phone number for this destination/account."
                ),
            ));
        }
        _ => {}
    }
    if to == number {
        return Err(errors::bad(
            21266,
            "'To' and 'From' number cannot be the same.",
        ));
    }
    let body = form.get("Body").unwrap_or_default();
    if body.is_empty() && form.filled("MediaUrl").is_none() && form.filled("ContentSid").is_none() {
        return Err(errors::bad(21602, "Message body is required."));
    }
    if body.chars().map(char::len_utf16).sum::<usize>() > BODY_CHARACTERS_MAX {
        return Err(errors::bad(
            21617,
            "The concatenated message body exceeds the 1600 character limit.",
        ));
    }
    if let Some(callback) = form.filled("StatusCallback")
        && !is_callback(callback)
    {
        return Err(errors::bad(
            21609,
            &format!("The StatusCallback URL {callback} is not a valid URL."),
        ));
    }
    if let Some(period) = form.filled("ValidityPeriod") {
        let seconds = period.parse::<u32>().ok();
        if !seconds.is_some_and(|seconds| (1..=VALIDITY_SECONDS_MAX).contains(&seconds)) {
            return Err(errors::bad(
                20001,
                "ValidityPeriod must be between 1 and 36000",
            ));
        }
    }
    Ok(())
}

fn accept(sim: &Sim, state: &mut Memory, form: &Form) -> Result<Message, Response> {
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

fn is_e164(number: &str) -> bool {
    number.strip_prefix('+').is_some_and(|digits| {
        (7..=15).contains(&digits.len())
            && !digits.starts_with('0')
            && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}

fn is_sid(sid: &str, prefix: &str) -> bool {
    sid.strip_prefix(prefix)
        .is_some_and(|hex| hex.len() == 32 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn is_callback(url: &str) -> bool {
    Url::parse(url).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.host_str().is_some_and(|host| !host.contains('_'))
    })
}
