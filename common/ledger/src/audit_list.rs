//! Reads the audit: some of it for a list, or all of it, some at a time.

use birdcall_domain::clock::Timestamp;
use sqlx::AssertSqlSafe;

use crate::{
    Ledger, LedgerResult,
    audit::{self, AuditEntry, AuditRecord, By},
    totals::Total,
    transaction::{fetch_all, fetch_optional},
};

/// Entries are counted up to this many, which takes some milliseconds.
const COUNT_UP_TO: i64 = 10_000;

/// The number of entries that one look reads for an export.
pub const ENTRIES_AT_ONCE: i64 = 1000;
/// The columns of an export.
pub const EXPORTED_COLUMNS: [&str; 7] =
    ["id", "at", "actor", "action", "subject", "detail", "reason"];

/// Which entries.
#[derive(Clone, Debug, Default)]
pub struct DeedFilter {
    /// Those of this actor.
    pub actor: Option<String>,
    /// Those with this action.
    pub action: Option<String>,
    /// Those since then.
    pub since: Option<Timestamp>,
    /// Those before then.
    pub until: Option<Timestamp>,
}

/// A place in the audit: that of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeedPlace {
    /// Its moment.
    pub at: Timestamp,
    /// Its id.
    pub id: String,
}

impl AuditEntry {
    /// The cells of an export; `at` is the moment as it is written there.
    #[must_use]
    pub fn cells<'a>(&'a self, at: &'a str) -> [&'a str; 7] {
        [
            &self.id,
            at,
            &self.actor,
            &self.action,
            &self.subject,
            &self.detail,
            &self.reason,
        ]
    }

    /// Its place.
    #[must_use]
    pub fn place(&self) -> DeedPlace {
        DeedPlace {
            at: self.at,
            id: self.id.clone(),
        }
    }
}

impl DeedFilter {
    /// What it asks for, in words; empty if it asks for everything.
    #[must_use]
    pub fn words(&self) -> String {
        let named = [
            ("actor", self.actor.clone()),
            ("action", self.action.clone()),
            ("since", self.since.map(Timestamp::to_rfc3339)),
            ("until", self.until.map(Timestamp::to_rfc3339)),
        ];
        let named = named.into_iter();
        let named: Vec<String> = named
            .filter_map(|(name, value)| Some(format!("{name} {}", value?)))
            .collect();
        named.join(", ")
    }
}

/// The conditions of a filter. `$1` to `$4` are its values; all of them are named, so that each can be bound.
fn conditions(filter: &DeedFilter) -> String {
    let actor = match filter.actor {
        Some(_) => "actor = $1",
        None => "CAST($1 AS TEXT) IS NULL",
    };
    let action = match filter.action {
        Some(_) => "action = $2",
        None => "CAST($2 AS TEXT) IS NULL",
    };
    format!("{actor} AND {action} AND at >= $3 AND at < $4")
}

/// What [`Ledger::deeds_of`] runs.
#[must_use]
pub(crate) fn list_sql(filter: &DeedFilter) -> String {
    format!(
        "SELECT * FROM audit WHERE {} AND at <= $5 AND (at < $5 OR id > $6) ORDER BY at DESC, id LIMIT $7",
        conditions(filter)
    )
}

/// What [`Ledger::deed_total_of`] runs.
#[must_use]
pub(crate) fn total_sql(filter: &DeedFilter) -> String {
    format!(
        "SELECT COUNT(*) FROM (SELECT 1 FROM audit WHERE {} LIMIT $5) AS counted",
        conditions(filter)
    )
}

impl Ledger {
    /// The deeds that meet the filter, newest first: those after the place in this order, at most `limit`.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn deeds_of(
        &self,
        filter: &DeedFilter,
        after: Option<&DeedPlace>,
        limit: i64,
    ) -> LedgerResult<Vec<AuditEntry>> {
        let mut tx = self.read("deeds_of").await?;
        let rows = fetch_all!(
            tx,
            AuditRecord,
            AssertSqlSafe(list_sql(filter)),
            filter.actor.as_deref(),
            filter.action.as_deref(),
            filter.since.map_or(i64::MIN, |at| at.0),
            filter.until.map_or(i64::MAX, |at| at.0),
            after.map_or(i64::MAX, |place| place.at.0),
            after.map_or("", |place| place.id.as_str()),
            limit,
        )?;
        Ok(rows.into_iter().map(AuditEntry::from).collect())
    }

    /// How many deeds meet the filter.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn deed_total_of(&self, filter: &DeedFilter) -> LedgerResult<Total> {
        let mut tx = self.read("deed_total_of").await?;
        let row = fetch_optional!(
            tx,
            (i64,),
            AssertSqlSafe(total_sql(filter)),
            filter.actor.as_deref(),
            filter.action.as_deref(),
            filter.since.map_or(i64::MIN, |at| at.0),
            filter.until.map_or(i64::MAX, |at| at.0),
            COUNT_UP_TO,
        )?;
        let (count,) = row.unwrap_or_default();
        Ok(Total::new(count, count < COUNT_UP_TO))
    }

    /// Notes that somebody takes the deeds that meet the filter away, all of them.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`]; then nothing may be handed out.
    pub async fn begin_export(
        &self,
        filter: &DeedFilter,
        by: By<'_>,
        now: Timestamp,
    ) -> LedgerResult<()> {
        let mut tx = self.write("begin_export").await?;
        let detail = match filter.words().as_str() {
            "" => "all entries".to_owned(),
            words => format!("entries with {words}"),
        };
        audit::record_by(&mut tx, by, "export", "audit", &detail, now).await?;
        tx.commit().await
    }
}
