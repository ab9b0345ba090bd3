//! `birdcall audit`: list who did what.

use crate::{environment::open_ledger, failure::Done, output, wording::at};

pub(crate) async fn run(limit: i64, json: bool) -> Done {
    let ledger = open_ledger().await?;
    let deeds = ledger.deeds(limit).await?;
    let columns = ["at", "actor", "action", "subject", "detail"];
    output::list(&deeds, json, &columns, |deed| {
        vec![
            at(deed.at),
            deed.actor.clone(),
            deed.action.clone(),
            deed.subject.clone(),
            deed.detail.clone(),
        ]
    });
    let total = ledger.deed_total().await?;
    output::shown(deeds.len(), total, "entries", json);
    Ok(())
}
