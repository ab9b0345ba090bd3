//! Sending one webhook or status callback, with Twilio's retries and fallback.

use std::time::Duration;

use super::{
    params::{inbound_params, status_params},
    signature::{sign, without_fragment},
    twiml,
    webhooks::{DeliveryKind, DeliveryRecord, Queued},
};
use crate::{Sim, faults::FaultAction, log::push_bounded, request::Form};

const RETRIES: u32 = 1;
const RETRIES_MAX: u32 = 5;

/// What came of one request.
enum Outcome {
    Answered {
        status: u16,
        content_type: String,
        body: String,
    },
    NoConnection,
    NoAnswer,
}

/// The connection overrides in a URL's fragment.
struct Policy {
    retries: u32,
    on: Vec<String>,
    read_timeout: Option<Duration>,
}

impl Policy {
    fn of(url: &str) -> Self {
        let fragment = url
            .split_once('#')
            .map(|(_, fragment)| fragment)
            .unwrap_or_default();
        let form = Form::parse(fragment.as_bytes());
        let number = |name: &str| form.get(name).and_then(|value| value.parse::<u32>().ok());
        Self {
            retries: number("rc").unwrap_or(RETRIES).min(RETRIES_MAX),
            on: form
                .get("rp")
                .unwrap_or("ct")
                .split(',')
                .map(str::to_owned)
                .collect(),
            read_timeout: number("rt").map(|millis| Duration::from_millis(millis.into())),
        }
    }

    fn retries(&self, outcome: &Outcome) -> bool {
        let reason = match outcome {
            Outcome::NoConnection => "ct",
            Outcome::NoAnswer => "rt",
            Outcome::Answered {
                status: 400..500, ..
            } => "4xx",
            Outcome::Answered { status: 500.., .. } => "5xx",
            Outcome::Answered { .. } => return false,
        };
        self.on.iter().any(|on| on == reason || on == "all")
    }
}

/// Sends it and returns 1, or 0 when no request had to be made.
pub(super) async fn send(sim: &Sim, queued: Queued) -> usize {
    let now = sim.now();
    let prepared = sim.with(|state| {
        let webhook_url = state.webhook_url.clone();
        let message = state.twilio.message(&queued.sid)?;
        if let Some((status, error_code)) = queued.status {
            // News may come late; a message never goes back.
            if status > message.status {
                message.status = status;
                message.error_code = error_code;
                message.updated_at = now;
            }
            let url = message.status_callback.clone()?;
            return Some((url, message.clone()));
        }
        Some((webhook_url, message.clone()))
    });
    let Some((url, message)) = prepared else {
        return 0;
    };
    if queued.action == Some(FaultAction::DropBefore) {
        return 0;
    }
    let params = match queued.status {
        None => inbound_params(sim, &message),
        Some((status, error_code)) => status_params(sim, &message, status, error_code),
    };
    let (mut attempts, mut outcome) = attempt(sim, &url, &params, queued.action.as_ref()).await;
    let inbound = queued.status.is_none();
    let mut error = refusal(inbound, &outcome);
    let fallback = sim.with(|state| state.settings.fallback_url.clone());
    let fallback = fallback.filter(|_| inbound && error.is_some());
    if let Some(fallback_url) = &fallback {
        let mut params = params;
        params.push((
            "ErrorCode".to_owned(),
            error.unwrap_or_default().to_string(),
        ));
        params.push(("ErrorUrl".to_owned(), without_fragment(&url).to_owned()));
        let (more, second) = attempt(sim, fallback_url, &params, None).await;
        attempts += more;
        outcome = second;
        error = refusal(inbound, &outcome);
    }
    let answered = match outcome {
        Outcome::Answered { status, .. } => Some(status),
        _ => None,
    };
    let record = DeliveryRecord {
        at: sim.now(),
        kind: if inbound {
            DeliveryKind::Inbound
        } else {
            DeliveryKind::Status
        },
        message_sid: queued.sid,
        status: queued.status.map(|(status, _)| status),
        attempts,
        answered,
        error_code: error,
        fallback: fallback.is_some(),
    };
    sim.with(|state| {
        if matches!(answered, Some(400 | 403)) {
            state.counters.invalid_signatures += 1;
        }
        if error.is_some() {
            state.counters.webhooks_failed += 1;
        }
        push_bounded(&mut state.deliveries, record);
    });
    1
}

/// Why Twilio is not content; any success will do for news.
fn refusal(inbound: bool, outcome: &Outcome) -> Option<u32> {
    match outcome {
        Outcome::Answered {
            status,
            content_type,
            body,
        } if inbound => twiml::refusal(*status, content_type, body),
        Outcome::Answered {
            status: 200..300, ..
        } => None,
        _ => Some(11200),
    }
}

/// One request with its retries: how many were made, and what came of the last.
async fn attempt(
    sim: &Sim,
    url: &str,
    params: &[(String, String)],
    action: Option<&FaultAction>,
) -> (u32, Outcome) {
    let policy = Policy::of(url);
    let token = sim.hex(16);
    let mut attempts = 0;
    loop {
        attempts += 1;
        // A fault is played on the first request only.
        let action = action.filter(|_| attempts == 1);
        let outcome = match action {
            Some(FaultAction::Answer { status, .. }) => pretended(*status),
            Some(FaultAction::AnswerAfter { status, .. }) => {
                request(sim, url, params, &token, &policy).await;
                pretended(*status)
            }
            Some(FaultAction::DropAfter) => {
                request(sim, url, params, &token, &policy).await;
                Outcome::NoAnswer
            }
            _ => request(sim, url, params, &token, &policy).await,
        };
        if attempts > policy.retries || !policy.retries(&outcome) {
            return (attempts, outcome);
        }
    }
}

/// As though the app, or something before it, had answered this.
fn pretended(status: u16) -> Outcome {
    Outcome::Answered {
        status,
        content_type: String::new(),
        body: String::new(),
    }
}

async fn request(
    sim: &Sim,
    url: &str,
    params: &[(String, String)],
    token: &str,
    policy: &Policy,
) -> Outcome {
    let mut request = sim
        .client()
        .post(without_fragment(url))
        .header(
            "X-Twilio-Signature",
            sign(&sim.config().twilio_auth_token, url, params),
        )
        .header("I-Twilio-Idempotency-Token", token)
        .header("User-Agent", "TwilioProxy/1.1")
        .header(
            "Content-Type",
            "application/x-www-form-urlencoded; charset=UTF-8",
        )
        .body(Form(params.to_vec()).encode());
    if let Some(timeout) = policy.read_timeout {
        request = request.timeout(timeout);
    }
    match request.send().await {
        Ok(response) => {
            let status = response.status().as_u16();
            let content_type = response
                .headers()
                .get("content-type")
                .and_then(|value| value.to_str().ok())
                .unwrap_or_default()
                .to_owned();
            match response.text().await {
                Ok(body) => Outcome::Answered {
                    status,
                    content_type,
                    body,
                },
                Err(_) => Outcome::NoAnswer,
            }
        }
        Err(error) if error.is_connect() => Outcome::NoConnection,
        Err(_) => Outcome::NoAnswer,
    }
}
