//! `birdcall audit`: list who did what.

use crate::{environment::open_ledger, failure::Done, output};

pub(crate) async fn run(limit: i64, json: bool) -> Done {
    let deeds = open_ledger().await?.deeds(limit).await?;
    let columns = ["at", "actor", "action", "subject", "detail"];
    output::list(&deeds, json, &columns, |deed| {
        vec![
            deed.at.to_rfc3339(),
            deed.actor.clone(),
            deed.action.clone(),
            deed.subject.clone(),
            deed.detail.clone(),
        ]
    });
    Ok(())
}
