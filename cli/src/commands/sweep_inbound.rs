//! `birdcall sweep-inbound`: take in texts that Twilio has and the ledger does not.

use std::time::Duration;

use birdcall_common::config::Config;
use birdcall_worker::{Context, open_inbox, sweep_inbound};
use serde::Serialize;

use crate::{
    environment::{now, open_existing},
    failure::{Done, Failure},
    output,
};
use birdcall_domain::wording::counted;

/// What was found in Twilio's list.
#[derive(Serialize)]
struct SweepView {
    taken: usize,
    /// Whether every text of the period was looked at.
    complete: bool,
}

pub(crate) async fn run(since: Duration, json: bool) -> Done {
    let since = now() - since;
    let config = Config::from_env()?;
    let ledger = open_existing(&config.database).await?;
    let context = Context::new(config, ledger);
    let inbox = open_inbox(&context);
    let swept = sweep_inbound(&context, &inbox, since)
        .await
        .map_err(|error| Failure::Refused(error.to_string()))?;
    let view = SweepView {
        taken: swept.taken,
        complete: !swept.cut_short,
    };
    let taken = counted(
        u64::try_from(swept.taken).unwrap_or(0),
        "text was",
        "texts were",
    );
    let sentence = format!("{taken} taken in from Twilio's list");
    output::result(&view, json, sentence);
    if swept.cut_short {
        let max = context.config.limits.sweep_inbound_max;
        return Err(Failure::Refused(format!(
            "only the newest {max} texts were checked: raise SWEEP_INBOUND_MAX and run this again"
        )));
    }
    Ok(())
}
