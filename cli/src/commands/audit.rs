//! `birdcall audit`.

use birdcall_domain::clock::Timestamp;

use super::open_store;
use crate::{Done, output};

pub(crate) async fn run(limit: i64, json: bool) -> Done {
    let deeds = open_store().await?.deeds(limit).await?;
    let columns = ["at", "actor", "action", "subject", "detail"];
    output::list(&deeds, json, &columns, |deed| {
        vec![
            Timestamp(deed.at).to_rfc3339(),
            deed.actor.clone(),
            deed.action.clone(),
            deed.subject.clone(),
            deed.detail.clone(),
        ]
    });
    Ok(())
}
