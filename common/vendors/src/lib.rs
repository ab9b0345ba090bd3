//! Clients of X and Twilio. The programs make HTTP calls only through this crate.

pub mod http;
pub mod look;
pub mod measure;
mod seen;
pub mod twilio;
pub mod x;
