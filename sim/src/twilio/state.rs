//! Everything that Twilio remembers.

use std::collections::{HashMap, HashSet, VecDeque};

use super::{
    model::Message,
    webhooks::model::{DeliveryRecord, Queued},
};

/// Everything that Twilio remembers.
#[derive(Default)]
pub(crate) struct TwilioState {
    /// Where inbound texts go.
    pub(crate) webhook_url: String,
    pub(crate) messages: Vec<Message>,
    pub(super) by_sid: HashMap<String, usize>,
    pub(crate) opted_out: HashSet<String>,
    pub(crate) queue: VecDeque<Queued>,
    /// Lanes whose next webhook has to wait for the one under way.
    pub(crate) busy_lanes: HashSet<String>,
    pub(crate) deliveries: VecDeque<DeliveryRecord>,
    /// One-time tokens of the media storage host: the media's sid and when the link ends.
    pub(super) cdn_links: HashMap<String, (String, i64)>,
}

impl TwilioState {
    pub(super) fn add(&mut self, message: Message) {
        self.by_sid.insert(message.sid.clone(), self.messages.len());
        self.messages.push(message);
    }

    pub(super) fn message(&mut self, sid: &str) -> Option<&mut Message> {
        let place = *self.by_sid.get(sid)?;
        self.messages
            .get_mut(place)
            .filter(|message| !message.deleted)
    }

    /// Things of one lane go one after the other: the texts of a phone, the news of a text.
    pub(super) fn lane_of(&self, queued: &Queued) -> String {
        if queued.status.is_some() || queued.loose {
            return queued.sid.clone();
        }
        let place = self.by_sid.get(&queued.sid);
        place
            .map(|place| self.messages[*place].from.clone())
            .unwrap_or_default()
    }
}
