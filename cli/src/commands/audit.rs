//! `birdcall audit`: list who did what.

use crate::{
    environment::{now, open_ledger},
    failure::Done,
    output,
    shortened::shortened,
    terminal,
};
use birdcall_domain::wording::{age, at};

pub(crate) async fn run(limit: i64, json: bool) -> Done {
    let ledger = open_ledger().await?;
    let deeds = ledger.deeds(limit).await?;
    let now = now();
    let columns = ["at", "actor", "action", "subject", "detail", "reason"];
    output::list(&deeds, json, &columns, |deed| {
        vec![
            // A terminal has little room, and JSON has the exact time too.
            match terminal::width() {
                Some(_) => age(deed.at, now),
                None => at(deed.at),
            },
            deed.actor.clone(),
            deed.action.clone(),
            shortened(&deed.subject),
            deed.detail.clone(),
            deed.reason.clone(),
        ]
    });
    let total = ledger.deed_total().await?;
    output::shown(deeds.len(), total, "entries", json);
    Ok(())
}
