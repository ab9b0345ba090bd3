//! `birdcall replay`: run texts again. Named texts are run by the command itself; all texts that match
//! are run by workers, and the command follows them.

mod ask;
mod follow;
mod many;
mod named;
mod runs;
mod view;

use crate::{
    args::ReplayOptions,
    environment::open_ledger,
    failure::{Done, Failure},
    operator::Who,
};

pub(crate) async fn run(options: ReplayOptions, who: &Who, json: bool) -> Done {
    if options.is_boundless() {
        return Err(Failure::Usage(
            "say since when: add --since, such as --since 24h, or --phone".to_owned(),
        ));
    }
    let ledger = open_ledger().await?;
    match &options.runs {
        Some(command) => runs::run(&ledger, command, who, json).await,
        None if options.sids.is_empty() => many::run(&ledger, &options, who, json).await,
        None => named::run(&ledger, &options, who, json).await,
    }
}
