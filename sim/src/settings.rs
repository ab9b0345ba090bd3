//! What can be changed while the simulator runs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{twilio::model::Undeliverable, x::limits::Limits};

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
