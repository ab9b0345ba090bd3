//! What Birdcall's programs share: the ledger, the pure rules, the vendors' clients.

pub mod clock;
pub mod config;
pub mod domain;
pub mod fail_point;
pub mod http;
pub mod jobs;
pub mod link;
pub mod program;
pub mod queue;
pub mod random;
pub mod store;
pub mod telemetry;
pub mod tokens;
pub mod twilio;
pub mod vault;
pub mod x;
