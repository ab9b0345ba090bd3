//! One look at the whole service.

use birdcall_common::config;
use birdcall_domain::overview::{Limits, Trouble, troubles};
use birdcall_ledger::{
    Ledger,
    overview::{Outcomes, Overview},
};

use crate::{environment::now, failure::Failure};

/// The version that workers should run, too.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What one look has found.
pub(super) struct Seen {
    pub(super) overview: Overview,
    pub(super) last_hour: Outcomes,
    pub(super) found: Vec<Trouble>,
}

pub(super) async fn look(ledger: &Ledger) -> Result<Seen, Failure> {
    let limits = Limits::new(config::limits_from_env()?.work);
    let now = now();
    let overview = ledger.overview(now).await?;
    Ok(Seen {
        found: troubles(&overview.facts, VERSION, limits, now),
        last_hour: ledger.last_hour(now).await?,
        overview,
    })
}
