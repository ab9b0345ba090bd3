//! The requests that Twilio sends to the app: webhooks for inbound texts, and status callbacks.

mod attempt;
pub(crate) mod deliver;
pub(crate) mod model;
mod params;
mod queue;
mod send;
pub(crate) mod signature;
mod twiml;
