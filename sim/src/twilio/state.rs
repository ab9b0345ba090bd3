//! Everything that Twilio remembers.

use std::collections::{HashMap, HashSet, VecDeque};

use super::{
    model::Message,
    webhooks::model::{DeliveryRecord, Queued},
};

/// Everything that Twilio remembers.
#[derive(Default)]
pub(crate) struct TwilioState {
    /// The URL to which inbound texts are delivered.
    pub(crate) webhook_url: String,
    pub(crate) messages: Vec<Message>,
    pub(super) by_sid: HashMap<String, usize>,
    pub(crate) opted_out: HashSet<String>,
    pub(crate) queue: VecDeque<Queued>,
    /// The lanes in which a request is being sent. The next one of each lane has to wait.
    pub(crate) busy_lanes: HashSet<String>,
    pub(crate) deliveries: VecDeque<DeliveryRecord>,
    /// The signed links of the storage host: for each signature the file's SID and the time of
    /// expiry in Unix milliseconds.
    pub(super) cdn_links: HashMap<String, (String, i64)>,
}

impl TwilioState {
    pub(crate) fn add(&mut self, message: Message) {
        self.by_sid.insert(message.sid.clone(), self.messages.len());
        self.messages.push(message);
    }

    pub(super) fn message(&mut self, sid: &str) -> Option<&mut Message> {
        let place = *self.by_sid.get(sid)?;
        self.messages
            .get_mut(place)
            .filter(|message| !message.deleted)
    }

    /// Returns the lane of a queued request. The requests of a lane are sent one after another:
    /// those about the texts from one phone, and those about the status of one message.
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
