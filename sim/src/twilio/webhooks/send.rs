//! Sends one webhook or status callback, tries the fallback URL, and records the result.

use super::{
    attempt::{Outcome, attempt},
    model::{DeliveryKind, DeliveryRecord, Queued},
    params::{inbound_params, status_params},
    signature::without_fragment,
    twiml,
};
use crate::{faults::FaultAction, log::push_bounded, sim::Sim};

/// Sends a queued request and returns 1, or returns 0 if there was nothing to send.
pub(super) async fn send(sim: &Sim, queued: Queued) -> usize {
    let now = sim.now();
    let prepared = sim.with(|state| {
        let webhook_url = state.twilio.webhook_url.clone();
        let message = state.twilio.message(&queued.sid)?;
        if let Some((status, error_code)) = queued.status {
            // A status may arrive late, but a message never returns to an earlier status.
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
        push_bounded(&mut state.twilio.deliveries, record);
    });
    1
}

/// Returns Twilio's error code for an answer. Any 2xx answer is acceptable for a status callback.
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
