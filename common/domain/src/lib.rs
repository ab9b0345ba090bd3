//! The rules, pure: no async, no IO, no clock, no randomness, nothing of ours but values.
//!
//! A handler claims a row, calls the outside world once and asks a function in here what to write.

pub mod account;
pub mod authorization;
pub mod backoff;
pub mod call;
pub mod clock;
pub mod command;
pub mod inbound;
pub mod outbound;
pub mod phone;
pub mod post;
pub mod public_url;
pub mod random;
pub mod reply;
pub mod settle;
pub mod settlement;
pub mod sms;
pub mod text;
