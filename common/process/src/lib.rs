//! What web, the worker and the command `birdcall` share around their work: settings, sealed tokens,
//! links, logs and metrics, and how a process starts and stops.

pub mod config;
mod health_check;
pub mod invitation;
pub mod link;
pub mod moment;
pub mod passwords;
mod policies;
pub mod program;
pub mod server;
pub mod start;
pub mod telemetry;
pub mod tokens;
pub mod vault;
pub mod work_check;
