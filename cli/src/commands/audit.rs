//! `birdcall audit`: list who did what.

use birdcall_domain::{
    csv,
    wording::{age, at},
};
use birdcall_ledger::{
    Ledger,
    audit::AuditEntry,
    audit_list::{DeedFilter, ENTRIES_AT_ONCE, EXPORTED_COLUMNS},
};
use serde::Serialize;

use crate::{
    args::{AuditOptions, ExportFormat},
    environment::{now, open_ledger, random},
    failure::Done,
    operator::Who,
    output,
    shortened::shortened,
    terminal,
};

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

pub(crate) async fn run(options: AuditOptions, who: &Who, json: bool) -> Done {
    let ledger = open_ledger().await?;
    let now = now();
    let filter = DeedFilter {
        since: options.since.map(|since| since.at(now)),
        until: options.until.map(|until| until.at(now)),
        actor: options.actor,
        action: options.action,
    };
    if let Some(format) = options.export {
        return export(&ledger, &filter, format, who).await;
    }
    let deeds = ledger.deeds_of(&filter, None, options.limit).await?;
    if json {
        let views: Vec<EntryView> = deeds.iter().map(EntryView::from).collect();
        output::object(&views);
    } else {
        list(&deeds);
    }
    let total = ledger.deed_total_of(&filter).await?;
    output::shown(deeds.len(), total, "entries", json);
    Ok(())
}

fn list(deeds: &[AuditEntry]) {
    let now = now();
    let columns = ["at", "actor", "action", "subject", "detail", "reason"];
    output::table(deeds, &columns, |deed| {
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
}

/// Writes every entry, newest first. Memory does not grow with their number.
async fn export(ledger: &Ledger, filter: &DeedFilter, format: ExportFormat, who: &Who) -> Done {
    let audit_id = random().id();
    ledger
        .begin_export(filter, who.by(&audit_id), now())
        .await?;
    if matches!(format, ExportFormat::Csv) {
        output::data(&csv::line(&EXPORTED_COLUMNS));
    }
    let mut after = None;
    loop {
        let some = ledger
            .deeds_of(filter, after.as_ref(), ENTRIES_AT_ONCE)
            .await?;
        for entry in &some {
            output::data(&match format {
                ExportFormat::Csv => csv::line(&entry.cells(&entry.at.to_rfc3339())),
                ExportFormat::Jsonl => {
                    let json = serde_json::to_string(&EntryView::from(entry)).unwrap_or_default();
                    format!("{json}\n")
                }
            });
        }
        match some.last() {
            Some(last) => after = Some(last.place()),
            None => return Ok(()),
        }
    }
}
