//! Twilio's Programmable Messaging: texts come in as webhooks, and messages go out through its API.

mod answers;
mod client;
mod config;
#[cfg(fuzzing)]
pub mod fuzzing;
mod knock;
pub mod messages;
mod phone_numbers;
pub mod signature;
pub mod webhook;

pub use client::TwilioClient;
pub use config::{Sender, TwilioConfig, is_sid};
pub use knock::knock;
pub use phone_numbers::{NumberSetup, ServiceSetup, SetupError};
