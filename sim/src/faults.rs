//! Faults on demand: what goes wrong, where, and how often.

use std::collections::BTreeMap;

use birdcall_domain::{clock::Timestamp, random::SharedRandom};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What goes wrong when a fault is applied.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum FaultAction {
    /// Answers with this and does nothing else. The first request of a webhook is not sent but
    /// counts as answered with this status.
    Answer {
        /// The HTTP status.
        status: u16,
        /// Further headers. In `x-rate-limit-reset`, a value such as `+60` means 60 seconds from
        /// now. The content type of a JSON body need not be given.
        #[serde(default)]
        headers: BTreeMap<String, String>,
        /// A string is sent unchanged, null as an empty body, and anything else as JSON.
        #[serde(default)]
        body: Value,
    },
    /// Delays an answer or a webhook, to which later faults still apply. Requests wait in real
    /// time, webhooks by the simulator's clock.
    Delay {
        /// The delay in milliseconds.
        millis: u64,
    },
    /// Closes the connection without acting. A webhook is lost.
    DropBefore,
    /// Acts, then closes the connection without an answer. A webhook is sent, but its answer is
    /// lost.
    DropAfter,
    /// Acts, then answers with this instead of the real answer.
    AnswerAfter {
        /// The HTTP status.
        status: u16,
        /// The body, as in `Answer`.
        #[serde(default)]
        body: Value,
    },
    /// Sends further copies. This applies to webhooks only.
    Duplicate {
        /// The number of further copies.
        times: u32,
    },
    /// Shuffles the queue before the next webhook is taken. This applies to webhooks only.
    Reorder,
}

impl FaultAction {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Answer { .. } => "answer",
            Self::Delay { .. } => "delay",
            Self::DropBefore => "drop_before",
            Self::DropAfter => "drop_after",
            Self::AnswerAfter { .. } => "answer_after",
            Self::Duplicate { .. } => "duplicate",
            Self::Reorder => "reorder",
        }
    }
}

/// A fault: something that goes wrong at one or more endpoints.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// The name of an endpoint, such as `x.create_post` or `webhook.inbound`. A name that ends in
    /// `*` covers every endpoint with that prefix, so `x.*` is all of X and `*` is everything.
    pub endpoint: String,
    /// What goes wrong.
    pub action: FaultAction,
    /// The number of requests to which the fault applies. Without it, the fault stays until the
    /// faults are cleared.
    #[serde(default)]
    pub count: Option<u32>,
    /// The probability for each request, from 0 to 1. Without it, the fault always applies.
    #[serde(default)]
    pub probability: Option<f64>,
    /// Text that must occur in the request's body, or in the text that a webhook is about.
    #[serde(default)]
    pub matches: Option<String>,
}

impl Fault {
    /// Returns a fault that applies to every request until the faults are cleared.
    #[must_use]
    pub fn new(endpoint: impl Into<String>, action: FaultAction) -> Self {
        Self {
            endpoint: endpoint.into(),
            action,
            count: None,
            probability: None,
            matches: None,
        }
    }

    /// Returns a fault that answers with this status and body, and does nothing else.
    #[must_use]
    pub fn answer(endpoint: impl Into<String>, status: u16, body: Value) -> Self {
        Self::new(
            endpoint,
            FaultAction::Answer {
                status,
                headers: BTreeMap::new(),
                body,
            },
        )
    }

    /// Applies the fault to `count` requests only.
    #[must_use]
    pub fn times(mut self, count: u32) -> Self {
        self.count = Some(count);
        self
    }

    /// Applies the fault to each request with this probability, from 0 to 1.
    #[must_use]
    pub fn with_probability(mut self, probability: f64) -> Self {
        self.probability = Some(probability);
        self
    }

    /// Applies the fault only to requests whose body contains `text`.
    #[must_use]
    pub fn matching(mut self, text: impl Into<String>) -> Self {
        self.matches = Some(text.into());
        self
    }

    fn covers(&self, endpoint: &str) -> bool {
        match self.endpoint.strip_suffix('*') {
            Some(family) => endpoint.starts_with(family),
            None => self.endpoint == endpoint,
        }
    }
}

/// The faults that apply to one request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Drawn {
    pub(crate) delay_millis: u64,
    pub(crate) action: Option<FaultAction>,
}

impl Drawn {
    pub(crate) fn name(&self) -> Option<String> {
        match &self.action {
            Some(action) => Some(action.name().to_owned()),
            None if self.delay_millis > 0 => Some("delay".to_owned()),
            None => None,
        }
    }
}

/// Decides which faults apply to a request. Faults are considered in the order in which they were
/// added: delays add up, and the first fault of another kind ends the search. Faults that are used
/// up are removed.
pub(crate) fn draw(
    faults: &mut Vec<Fault>,
    endpoint: &str,
    holds: impl Fn(&str) -> bool,
    random: &SharedRandom,
) -> Drawn {
    let mut drawn = Drawn::default();
    let webhook = endpoint.starts_with("webhook.");
    for fault in faults.iter_mut() {
        let webhook_only = matches!(
            fault.action,
            FaultAction::Duplicate { .. } | FaultAction::Reorder
        );
        if !fault.covers(endpoint)
            || (webhook_only && !webhook)
            || fault.matches.as_deref().is_some_and(|text| !holds(text))
            || fault
                .probability
                .is_some_and(|probability| random.unit() >= probability)
        {
            continue;
        }
        if let Some(count) = &mut fault.count {
            if *count == 0 {
                continue;
            }
            *count -= 1;
        }
        if let FaultAction::Delay { millis } = fault.action {
            drawn.delay_millis = drawn.delay_millis.saturating_add(millis);
        } else {
            drawn.action = Some(fault.action.clone());
            break;
        }
    }
    faults.retain(|fault| fault.count != Some(0));
    drawn
}

/// Returns a header's value, where `+N` in `x-rate-limit-reset` becomes N seconds after `now`.
pub(crate) fn header_value(name: &str, value: &str, now: Timestamp) -> String {
    match value
        .strip_prefix('+')
        .and_then(|seconds| seconds.parse::<i64>().ok())
    {
        Some(seconds) if name.eq_ignore_ascii_case("x-rate-limit-reset") => {
            (now.as_secs_ceil() + seconds).to_string()
        }
        _ => value.to_owned(),
    }
}
