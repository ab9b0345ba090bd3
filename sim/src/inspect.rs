//! Reading what the simulator remembers.

use crate::{
    faults::Fault,
    log::{Counters, RequestRecord},
    sim::Sim,
    twilio::{model::Message, webhooks::model::DeliveryRecord},
    x::model::Post,
};

impl Sim {
    /// Whether webhooks, status changes or callbacks are still queued.
    #[must_use]
    pub fn undelivered(&self) -> usize {
        self.with(|state| state.twilio.queue.len() + state.twilio.busy_lanes.len())
    }

    /// Posts that are not deleted, oldest first.
    #[must_use]
    pub fn posts(&self) -> Vec<Post> {
        self.with(|state| {
            state
                .x
                .posts
                .iter()
                .filter(|post| !post.deleted)
                .cloned()
                .collect()
        })
    }

    /// All posts, deleted ones too, oldest first.
    #[must_use]
    pub fn all_posts(&self) -> Vec<Post> {
        self.with(|state| state.x.posts.clone())
    }

    /// All of Twilio's messages, in and out, oldest first.
    #[must_use]
    pub fn messages(&self) -> Vec<Message> {
        self.with(|state| {
            state
                .twilio
                .messages
                .iter()
                .filter(|m| !m.deleted)
                .cloned()
                .collect()
        })
    }

    /// What a phone got, oldest first: bodies of the app's texts and of Twilio's own answers.
    #[must_use]
    pub fn replies_to(&self, phone: &str) -> Vec<String> {
        self.with(|state| {
            let to_phone = |m: &&Message| m.direction.is_outbound() && m.to == phone && !m.deleted;
            state
                .twilio
                .messages
                .iter()
                .filter(to_phone)
                .map(|m| m.body.clone())
                .collect()
        })
    }

    /// The faults that are still to come.
    #[must_use]
    pub fn faults(&self) -> Vec<Fault> {
        self.with(|state| state.faults.clone())
    }

    /// Every API request seen, oldest first.
    #[must_use]
    pub fn requests(&self) -> Vec<RequestRecord> {
        self.with(|state| state.requests.iter().cloned().collect())
    }

    /// Every webhook and status callback sent, oldest first.
    #[must_use]
    pub fn deliveries(&self) -> Vec<DeliveryRecord> {
        self.with(|state| state.twilio.deliveries.iter().cloned().collect())
    }

    /// What the simulator noticed.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.with(|state| state.counters.clone())
    }
}
