//! The settings of the processes.

use std::collections::HashMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use birdcall_sim::{Sim, SimConfig};

use crate::console::PASSWORD;

/// Settings with short limits, so that what takes minutes in production takes seconds in a drill.
pub(crate) fn settings(
    database_url: &str,
    url: &str,
    sim: &Sim,
    sim_config: &SimConfig,
) -> HashMap<String, String> {
    [
        ("DATABASE_URL", database_url.to_owned()),
        ("PUBLIC_URL", url.to_owned()),
        ("SECRET_KEY", STANDARD.encode([7; 32])),
        ("ADMIN_PASSWORD", PASSWORD.to_owned()),
        ("METRICS_LISTEN_ADDR", "127.0.0.1:0".to_owned()),
        ("SIGNUP", "open".to_owned()),
        ("LINKS_PER_DAY_MAX", "1000000".to_owned()),
        ("STRANGERS_PER_DAY_MAX", "1000000".to_owned()),
        ("LEASE", "10s".to_owned()),
        ("CALL_TIMEOUT", "4s".to_owned()),
        ("RETRY_DELAY_MIN", "300ms".to_owned()),
        ("RETRY_DELAY_MAX", "5s".to_owned()),
        ("RESOLVE_DELAYS", "500ms,1s,2s".to_owned()),
        ("REFUSED_TOKEN_PAUSE", "1s".to_owned()),
        ("SWEEP_INTERVAL", "1s".to_owned()),
        ("SWEEP_GRACE", "2s".to_owned()),
        ("SWEEP_AGAIN", "10s".to_owned()),
        // Each phone gets many texts at once. The limit against machines that answer each other
        // must not slow the drill down.
        ("REPLIES_MAX", "1000".to_owned()),
        ("DATABASE_TIMEOUT", "2s".to_owned()),
        ("SWEEP_INBOUND_INTERVAL", "10s".to_owned()),
        ("SWEEP_INBOUND_GRACE", "5s".to_owned()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .chain(sim_config.settings(&sim.url()))
    .collect()
}
