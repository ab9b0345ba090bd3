//! The settings that can be changed while the simulator runs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    twilio::model::Undeliverable,
    x::{limits::Limits, slips::TimelineSlips},
};

/// The settings that can be changed while the simulator runs.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Milliseconds between the creation of a post and its appearance in the timeline.
    pub visibility_lag_ms: u64,
    /// Milliseconds during which a user cannot repeat a post.
    pub duplicate_window_ms: u64,
    /// How answers about the timeline differ from what X documents.
    pub timeline: TimelineSlips,
    /// X's rate limits.
    pub limits: Limits,
    /// The numbers that texts do not reach, with the status and error that Twilio reports.
    pub undeliverable: BTreeMap<String, Undeliverable>,
    /// Number of texts that may go to one number within 30 seconds. Further texts fail with error
    /// 14107, see <https://www.twilio.com/docs/errors/14107>.
    pub replies_per_30s_max: usize,
    /// URL to which an inbound text is delivered when the webhook fails. Without it, only the error
    /// is recorded.
    pub fallback_url: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            visibility_lag_ms: 0,
            duplicate_window_ms: 24 * 60 * 60 * 1000,
            timeline: TimelineSlips::default(),
            limits: Limits::default(),
            undeliverable: BTreeMap::new(),
            replies_per_30s_max: 30,
            fallback_url: None,
        }
    }
}
