//! `birdcall status`: is anything wrong, and the figures.

mod record;
mod seen;
mod view;

use std::time::Duration;

use birdcall_domain::overview::is_wrong;
use seen::look;

use crate::{
    args::StatusOptions,
    environment::{now, open_ledger},
    failure::{Done, Failure},
    output, terminal,
};

/// With `--watch`, the time between two looks.
const WATCH_INTERVAL: Duration = Duration::from_secs(2);

pub(crate) async fn run(options: StatusOptions, json: bool) -> Done {
    if options.watch {
        return watch(json).await;
    }
    let ledger = open_ledger().await?;
    let seen = look(&ledger).await?;
    if json {
        output::object(&view::of(&seen));
    } else {
        output::record(record::of(&seen, now()));
    }
    match is_wrong(&seen.found) {
        // The troubles were told.
        true => Err(Failure::Told),
        false => Ok(()),
    }
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
            Ok(seen) => output::record(record::of(&seen, now())),
            Err(failure) => output::line(failure),
        }
        tokio::time::sleep(WATCH_INTERVAL).await;
    }
}
