//! The settings of a trial.

use std::collections::HashMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use birdcall_domain::random::{Random as _, SystemRandom};
use birdcall_sim::{Sim, SimConfig};

/// Settings that use the simulator, let anyone sign up, and have delays short enough to watch.
pub(super) fn settings(
    database_url: &str,
    url: &str,
    sim: &Sim,
    sim_config: &SimConfig,
) -> HashMap<String, String> {
    let mut key = [0; 32];
    SystemRandom.fill(&mut key);
    [
        ("DATABASE_URL", database_url.to_owned()),
        ("PUBLIC_URL", url.to_owned()),
        ("WORKER_LISTEN_ADDR", "127.0.0.1:0".to_owned()),
        ("SECRET_KEY", STANDARD.encode(key)),
        ("SIGNUP", "open".to_owned()),
        ("SIGNUP_COUNTRIES", "any".to_owned()),
        ("RETRY_DELAY_MIN", "1s".to_owned()),
        ("RESOLVE_DELAYS", "1s,2s,4s".to_owned()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .chain(sim_config.settings(&sim.url()))
    .collect()
}
