//! One request to the app, with the retries that its URL asks for.

use std::time::Duration;

use super::signature::{sign, without_fragment};
use crate::{faults::FaultAction, request::Form, sim::Sim};

const RETRIES: u32 = 1;
const RETRIES_MAX: u32 = 5;

/// The result of one request.
pub(super) enum Outcome {
    Answered {
        status: u16,
        content_type: String,
        body: String,
    },
    NoConnection,
    NoAnswer,
}

/// The connection overrides in a URL's fragment, see
/// <https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides>.
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

/// Sends a request and its retries. Returns the number of attempts and the result of the last one.
pub(super) async fn attempt(
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
        // A fault applies to the first attempt only.
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

/// Returns the result as if the app, or a proxy in front of it, had answered with this status.
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
