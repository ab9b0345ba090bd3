//! Twilio Messaging, as far as the service uses it.

pub(crate) mod inbound;
pub(crate) mod model;
pub(crate) mod rest;
mod segments;
pub(crate) mod state;
pub(crate) mod webhooks;
