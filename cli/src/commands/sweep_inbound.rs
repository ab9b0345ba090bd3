//! `birdcall sweep-inbound`: take in texts that Twilio has and the ledger does not.

use birdcall_common::config::Config;
use birdcall_worker::{Context, open_inbox, sweep_inbound};

use crate::{
    environment::{now, open_ledger},
    failure::{Done, Failure},
    output::line,
    parse::duration,
};

pub(crate) async fn run(since: &str) -> Done {
    let since = now() - duration(since)?;
    let config = Config::from_env()?;
    let context = Context::new(config, open_ledger().await?);
    let inbox = open_inbox(&context);
    let swept = sweep_inbound(&context, &inbox, since)
        .await
        .map_err(|error| Failure::Refused(error.to_string()))?;
    line(format!(
        "{} text(s) taken in from Twilio's list",
        swept.taken
    ));
    if swept.cut_short {
        let max = context.config.limits.sweep_inbound_max;
        return Err(Failure::Refused(format!(
            "only the newest {max} texts were checked: raise SWEEP_INBOUND_MAX and run this again"
        )));
    }
    Ok(())
}
