//! Faults on demand: what goes wrong, where, how often.

use std::collections::BTreeMap;

use birdcall_domain::{clock::Timestamp, random::SharedRandom};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum FaultAction {
    /// Nothing is done, this is answered. A header value such as `+60` in `x-rate-limit-reset`
    /// stands for the Unix second 60 seconds from now.
    Answer {
        /// The status.
        status: u16,
        /// Headers; a JSON body gets its content type by itself.
        #[serde(default)]
        headers: BTreeMap<String, String>,
        /// A string is sent as it is, anything else as JSON, nothing as an empty body.
        #[serde(default)]
        body: Value,
    },
    /// The answer (or the webhook) waits. At an endpoint this is real time, and later faults
    /// still apply; for webhooks it is time by the simulator's clock.
    Delay {
        /// How long.
        millis: u64,
    },
    /// The connection is closed without acting. A webhook is lost.
    DropBefore,
    /// Acts, then closes the connection without an answer. A webhook is sent and its answer lost.
    DropAfter,
    /// Acts, then answers this.
    AnswerAfter {
        /// The status.
        status: u16,
        /// As in `answer`.
        #[serde(default)]
        body: Value,
    },
    /// Webhooks only: this many more copies are sent.
    Duplicate {
        /// How many more.
        times: u32,
    },
    /// Webhooks only: the queue is shuffled before the next one is taken.
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

/// Something that goes wrong at an endpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// An endpoint's name, `*` for all, or a family such as `x.*`.
    pub endpoint: String,
    /// What goes wrong.
    pub action: FaultAction,
    /// How many times; for ever when absent.
    #[serde(default)]
    pub count: Option<u32>,
    /// How likely each time, 0 to 1; always when absent.
    #[serde(default)]
    pub probability: Option<f64>,
    /// Text that the request's body must hold.
    #[serde(default)]
    pub matches: Option<String>,
}

impl Fault {
    /// A fault that happens every time until the faults are cleared.
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

    /// An answer without acting.
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

    /// The same, `count` times only.
    #[must_use]
    pub fn times(mut self, count: u32) -> Self {
        self.count = Some(count);
        self
    }

    /// The same, with this probability each time.
    #[must_use]
    pub fn with_probability(mut self, probability: f64) -> Self {
        self.probability = Some(probability);
        self
    }

    /// The same, for requests whose body holds `text` only.
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

/// What was drawn for one request.
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

/// Draws what happens to a request, in the order in which the faults were added: delays add up,
/// the first other fault decides. Used-up faults are removed.
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

/// A header's value, with `+N` in `x-rate-limit-reset` taken as N seconds from `now`.
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
