//! `birdcall audit`: list who did what.

use birdcall_ledger::audit::AuditEntry;
use serde::Serialize;

use crate::{
    environment::{now, open_ledger},
    failure::Done,
    output,
    shortened::shortened,
    terminal,
};
use birdcall_domain::wording::{age, at};

/// An entry as JSON.
#[derive(Serialize)]
struct EntryView<'a> {
    id: &'a str,
    at: String,
    actor: &'a str,
    action: &'a str,
    subject: &'a str,
    detail: &'a str,
    reason: &'a str,
}

impl<'a> From<&'a AuditEntry> for EntryView<'a> {
    fn from(entry: &'a AuditEntry) -> Self {
        Self {
            id: &entry.id,
            at: entry.at.to_rfc3339(),
            actor: &entry.actor,
            action: &entry.action,
            subject: &entry.subject,
            detail: &entry.detail,
            reason: &entry.reason,
        }
    }
}

pub(crate) async fn run(limit: i64, json: bool) -> Done {
    let ledger = open_ledger().await?;
    let deeds = ledger.deeds(limit).await?;
    if json {
        let views: Vec<EntryView> = deeds.iter().map(EntryView::from).collect();
        output::object(&views);
        let total = ledger.deed_total().await?;
        output::shown(deeds.len(), total, "entries", json);
        return Ok(());
    }
    let now = now();
    let columns = ["at", "actor", "action", "subject", "detail", "reason"];
    output::table(&deeds, &columns, |deed| {
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
