//! `birdcall sweep-inbound`.

use birdcall_common::config::Config;
use birdcall_worker::{Context, open_inbox, sweep_inbound};

use super::{duration, now, open_store};
use crate::{
    Done,
    output::{Failure, line},
};

pub(crate) async fn run(since: &str) -> Done {
    let since = now() - duration(since)?;
    let config = Config::from_env()?;
    let context = Context::new(config, open_store().await?);
    let inbox = open_inbox(&context);
    let taken = sweep_inbound(&context, &inbox, since)
        .await
        .map_err(|error| Failure::Refused(error.to_string()))?;
    line(format!(
        "{taken} text(s) that the ledger had not seen were taken in"
    ));
    Ok(())
}
