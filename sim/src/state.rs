//! Everything that the simulator remembers, behind one lock.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use serde::{Deserialize, Serialize};

use crate::{
    faults::Fault,
    log::{Counters, RequestRecord},
    twilio::{
        model::{Twilio, Undeliverable},
        webhooks::DeliveryRecord,
    },
    x::{limits::Limits, model::X},
};

/// What can be changed while the simulator runs.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// A new post appears in the timeline this long after its creation.
    pub visibility_lag_ms: u64,
    /// How long the same text counts as a duplicate.
    pub duplicate_window_ms: u64,
    /// X's rate limits.
    pub limits: Limits,
    /// Numbers whose texts do not arrive, and how.
    pub undeliverable: BTreeMap<String, Undeliverable>,
    /// More texts than this to one number within 30 seconds fail with 14107.
    pub replies_per_30s_max: usize,
    /// Where inbound texts go when the webhook cannot be had; none: an error is recorded.
    pub fallback_url: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            visibility_lag_ms: 0,
            duplicate_window_ms: 24 * 60 * 60 * 1000,
            limits: Limits::default(),
            undeliverable: BTreeMap::new(),
            replies_per_30s_max: 30,
            fallback_url: None,
        }
    }
}

#[derive(Default)]
pub(crate) struct State {
    pub(crate) webhook_url: String,
    pub(crate) redirect_uris: Vec<String>,
    pub(crate) settings: Settings,
    pub(crate) faults: Vec<Fault>,
    pub(crate) requests: VecDeque<RequestRecord>,
    pub(crate) requests_seen: u64,
    pub(crate) deliveries: VecDeque<DeliveryRecord>,
    pub(crate) counters: Counters,
    pub(crate) x: X,
    pub(crate) twilio: Twilio,
    /// Lanes whose next webhook has to wait for the one under way.
    pub(crate) busy_lanes: HashSet<String>,
    /// One-time tokens of the media storage host: the media's sid and when the link ends.
    pub(crate) cdn_links: HashMap<String, (String, i64)>,
}
