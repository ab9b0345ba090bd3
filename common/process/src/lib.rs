//! What the processes share: settings, sealed tokens, links, start and stop, telemetry.

pub mod config;
pub mod link;
mod policies;
pub mod program;
pub mod start;
pub mod telemetry;
pub mod tokens;
pub mod vault;
