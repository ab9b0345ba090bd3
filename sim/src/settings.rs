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
    /// What Twilio says of the service's number. It does not change what the simulator does.
    pub number: NumberSettings,
    /// The account's messaging service, which has the service's number. It does not change what the
    /// simulator does.
    pub messaging_service: Option<ServiceSettings>,
}

/// What Twilio says of the service's number.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NumberSettings {
    /// The HTTP method of the messaging webhook.
    pub sms_method: String,
    /// The TwiML app that decides instead of the webhook.
    pub sms_application_sid: Option<String>,
    /// Whether the number can send and receive SMS.
    pub sms_capable: bool,
    /// Whether its account is a trial account.
    pub is_trial: bool,
}

impl Default for NumberSettings {
    fn default() -> Self {
        Self {
            sms_method: "POST".to_owned(),
            sms_application_sid: None,
            sms_capable: true,
            is_trial: false,
        }
    }
}

/// What Twilio says of a messaging service.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceSettings {
    /// `MG` followed by 32 hex digits.
    pub sid: String,
    /// The URL to which the texts to its numbers are delivered. Without it, they are dropped.
    #[serde(default)]
    pub inbound_request_url: Option<String>,
    /// The HTTP method of that URL.
    #[serde(default = "post")]
    pub inbound_method: String,
    /// Whether the webhooks of its numbers are used instead.
    #[serde(default)]
    pub use_inbound_webhook_on_number: bool,
}

fn post() -> String {
    "POST".to_owned()
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
            number: NumberSettings::default(),
            messaging_service: None,
        }
    }
}
