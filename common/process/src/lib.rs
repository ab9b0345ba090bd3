//! What the processes share: settings, sealed tokens, links, start and stop, telemetry.

pub mod config;
pub mod link;
pub mod program;
pub mod telemetry;
pub mod tokens;
pub mod vault;
