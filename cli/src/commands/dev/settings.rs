//! The settings of a trial.

use std::collections::HashMap;

use birdcall_sim::{Sim, SimConfig};

/// Settings that use the simulator, let anyone sign up, and have delays short enough to watch.
pub(super) fn settings(
    database_url: &str,
    url: &str,
    secret_key: String,
    admin_password: &str,
    sim: &Sim,
    sim_config: &SimConfig,
) -> HashMap<String, String> {
    [
        ("DATABASE_URL", database_url.to_owned()),
        ("PUBLIC_URL", url.to_owned()),
        ("METRICS_LISTEN_ADDR", "127.0.0.1:0".to_owned()),
        ("WORKER_LISTEN_ADDR", "127.0.0.1:0".to_owned()),
        ("SECRET_KEY", secret_key),
        ("ADMIN_PASSWORD", admin_password.to_owned()),
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
