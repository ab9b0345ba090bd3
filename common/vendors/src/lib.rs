//! The clients of X and Twilio: the only home of HTTP calls.

pub mod http;
pub mod twilio;
pub mod x;
