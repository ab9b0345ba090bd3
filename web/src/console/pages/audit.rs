//! Who did what.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{Query, State},
    response::Response,
};
use birdcall_domain::{clock::Timestamp, operator::Role};
use birdcall_ledger::{
    LedgerResult,
    audit::AuditEntry,
    audit_list::{DeedFilter, DeedPlace},
};
use serde::Deserialize;
use url::form_urlencoded;

use super::{or_trouble, showing};
use crate::{
    console::{
        blocks::{Action, Block, Field, Filter, Table},
        cells::Cell,
        screen::{Place, Screen},
        session::SignedIn,
    },
    state::App,
};

/// The entries that the page shows.
const ENTRIES: i64 = 100;

/// The spans that the list offers.
const SPANS: [(&str, &str, u64); 5] = [
    ("", "any time", 0),
    ("24h", "the last 24 hours", 24 * 3600),
    ("7d", "the last 7 days", 7 * 24 * 3600),
    ("30d", "the last 30 days", 30 * 24 * 3600),
    ("365d", "the last 365 days", 365 * 24 * 3600),
];

/// What is looked for, as the address says it.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Looked {
    actor: String,
    action: String,
    since: String,
    /// The place of the last entry of the page before: its moment in Unix milliseconds, and its id.
    at: Option<i64>,
    id: String,
}

impl Looked {
    /// What the ledger is asked for.
    pub(crate) fn filter(&self, now: Timestamp) -> DeedFilter {
        let given = |words: &str| Some(words.trim().to_owned()).filter(|words| !words.is_empty());
        let span = SPANS.iter().find(|(value, ..)| *value == self.since);
        let seconds = span.map_or(0, |(.., seconds)| *seconds);
        DeedFilter {
            actor: given(&self.actor),
            action: given(&self.action),
            since: (seconds > 0).then(|| now - Duration::from_secs(seconds)),
            until: None,
        }
    }

    fn after(&self) -> Option<DeedPlace> {
        let at = Timestamp(self.at?);
        Some(DeedPlace {
            at,
            id: self.id.clone(),
        })
    }

    /// The address of what is looked for, from this place on.
    fn address(&self, app: &App, path: &str, after: Option<&AuditEntry>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in [
            ("actor", &self.actor),
            ("action", &self.action),
            ("since", &self.since),
        ] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        if let Some(entry) = after {
            query.append_pair("at", &entry.at.0.to_string());
            query.append_pair("id", &entry.id);
        }
        app.console(&format!("{path}?{}", query.finish()))
    }
}

pub(crate) async fn list(
    State(app): State<Arc<App>>,
    operator: SignedIn,
    Query(looked): Query<Looked>,
) -> Response {
    or_trouble(&app, page(&app, &operator, &looked).await)
}

async fn page(app: &App, operator: &SignedIn, looked: &Looked) -> LedgerResult<Response> {
    let now = app.now();
    let (filter, after) = (looked.filter(now), looked.after());
    // One more says whether there are older ones.
    let mut deeds = app
        .ledger
        .deeds_of(&filter, after.as_ref(), ENTRIES + 1)
        .await?;
    let total = app.ledger.deed_total_of(&filter).await?;
    let shown = usize::try_from(ENTRIES).unwrap_or(usize::MAX);
    let has_older = deeds.len() > shown;
    deeds.truncate(shown);
    let last = deeds.last().filter(|_| has_older);
    let more = last.map(|last| looked.address(app, "/audit", Some(last)));
    let is_part = has_older || after.is_some();
    let table = Table {
        columns: vec!["When", "Who", "What", "To what", "How", "Why"],
        note: is_part.then(|| showing(deeds.len(), total, "entries")),
        rows: deeds.into_iter().map(|deed| row(deed, now)).collect(),
        empty: "No entry meets this.",
        more,
        ..Table::default()
    };
    let mut screen = Screen::new("Audit", Place::Audit).with(Block::Filter(form(app, looked)));
    if operator.role.may(Role::Admin) {
        let to = looked.address(app, "/audit/download", None);
        screen = screen.with(Block::Actions(vec![Action::explained(
            to,
            "Download as CSV",
            "All entries that meet the filter, the newest first. The audit says that you took them.",
        )]));
    }
    let screen = screen.with(Block::Table(table));
    Ok(screen.show(app, operator))
}

fn row(deed: AuditEntry, now: Timestamp) -> Vec<Cell> {
    vec![
        Cell::moment(deed.at, now),
        Cell::text(deed.actor),
        Cell::text(deed.action),
        Cell::text(deed.subject),
        Cell::text(deed.detail),
        Cell::text(deed.reason),
    ]
}

fn form(app: &App, looked: &Looked) -> Filter {
    let spans = SPANS.map(|(value, words, _)| (value.to_owned(), words.to_owned()));
    Filter {
        action: app.console("/audit"),
        fields: vec![
            Field::text("actor", "Who", &looked.actor).hint("an operator's name"),
            Field::text("action", "What", &looked.action).hint("such as erase or block"),
            Field::choice("since", "Done in", &looked.since, spans),
        ],
    }
}
