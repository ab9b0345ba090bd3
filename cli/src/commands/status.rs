//! `birdcall status`: is anything wrong, and the figures.

mod record;
mod view;

use std::time::Duration;

use birdcall_common::config;
use birdcall_domain::overview::{Limits, Trouble, is_wrong, troubles};
use birdcall_ledger::{Ledger, overview::Overview};

use crate::{
    args::StatusOptions,
    environment::{now, open_ledger},
    failure::{Done, Failure},
    output, terminal,
};

/// The version that workers should run, too.
const VERSION: &str = env!("CARGO_PKG_VERSION");
/// With `--watch`, the time between two looks.
const WATCH_INTERVAL: Duration = Duration::from_secs(2);

pub(crate) async fn run(options: StatusOptions, json: bool) -> Done {
    if options.watch {
        return watch(json).await;
    }
    let ledger = open_ledger().await?;
    let (overview, found) = look(&ledger).await?;
    if json {
        output::object(&view::of(&overview, &found));
    } else {
        output::record(record::of(&overview, &found, now()));
    }
    match is_wrong(&found) {
        // The troubles were told.
        true => Err(Failure::Told),
        false => Ok(()),
    }
}

async fn look(ledger: &Ledger) -> Result<(Overview, Vec<Trouble>), Failure> {
    let limits = Limits::new(config::limits_from_env()?.work);
    let now = now();
    let overview = ledger.overview(now).await?;
    let found = troubles(&overview.facts, VERSION, limits, now);
    Ok((overview, found))
}

/// Looks again and again. It ends with Ctrl-C.
async fn watch(json: bool) -> Done {
    if json || !terminal::is_stdout() {
        let why = "--watch needs a terminal, and no --json";
        return Err(Failure::Usage(why.to_owned()));
    }
    let ledger = open_ledger().await?;
    loop {
        let looked = look(&ledger).await;
        output::clear_screen();
        match looked {
            Ok((overview, found)) => output::record(record::of(&overview, &found, now())),
            Err(failure) => output::line(failure),
        }
        tokio::time::sleep(WATCH_INTERVAL).await;
    }
}
