//! What a test may read from the simulator.

use crate::{
    faults::Fault,
    log::{Counters, RequestRecord},
    sim::Sim,
    twilio::{model::Message, webhooks::model::DeliveryRecord},
    x::model::Post,
};

impl Sim {
    /// Returns the number of webhooks, status changes and callbacks that are queued or being sent.
    #[must_use]
    pub fn undelivered(&self) -> usize {
        self.with(|state| state.twilio.queue.len() + state.twilio.busy_lanes.len())
    }

    /// Returns the posts that are not deleted, oldest first.
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

    /// Returns all posts including deleted ones, oldest first.
    #[must_use]
    pub fn all_posts(&self) -> Vec<Post> {
        self.with(|state| state.x.posts.clone())
    }

    /// Returns Twilio's messages in both directions without deleted ones, oldest first.
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

    /// Returns the texts that a phone received, oldest first. They include Twilio's own replies to
    /// words such as STOP.
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

    /// Returns the faults that are not used up, in the order in which they were added.
    #[must_use]
    pub fn faults(&self) -> Vec<Fault> {
        self.with(|state| state.faults.clone())
    }

    /// Returns the API requests that arrived, oldest first, at most the latest 100,000.
    #[must_use]
    pub fn requests(&self) -> Vec<RequestRecord> {
        self.with(|state| state.requests.iter().cloned().collect())
    }

    /// Returns the webhooks and status callbacks that were sent, oldest first, at most the latest
    /// 100,000.
    #[must_use]
    pub fn deliveries(&self) -> Vec<DeliveryRecord> {
        self.with(|state| state.twilio.deliveries.iter().cloned().collect())
    }

    /// Returns a copy of the counters.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.with(|state| state.counters.clone())
    }
}
