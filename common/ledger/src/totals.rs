//! How many rows there are in all, for lists that show some of them.

use crate::{
    Ledger, LedgerResult,
    queue::{JobFilter, Queue, total_sql},
    transaction::fetch_optional,
};

/// Jobs and blocked numbers are counted up to this many, which takes some milliseconds.
const COUNT_UP_TO: i64 = 10_000;

/// How many rows a list would have without its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Total {
    /// How many were counted.
    pub count: u64,
    /// Whether all were counted; otherwise there may be more.
    pub all: bool,
}

impl Total {
    pub(crate) fn new(count: i64, all: bool) -> Self {
        Self {
            count: u64::try_from(count).unwrap_or(0),
            all,
        }
    }
}

impl Ledger {
    /// How many jobs a list with this filter would show without its limit.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn job_total(&self, filter: &JobFilter) -> LedgerResult<Total> {
        let mut tx = self.read("job_total").await?;
        // The state and the index are named here, the other values are bound.
        let sql = sqlx::AssertSqlSafe(total_sql(tx.dialect(), filter));
        let [since, until] = filter.ids();
        let row = fetch_optional!(
            tx,
            (i64,),
            sql,
            filter.queue.map(Queue::as_str),
            filter.subject.as_deref(),
            COUNT_UP_TO,
            since,
            until,
        )?;
        let (count,) = row.unwrap_or_default();
        Ok(Total::new(count, count < COUNT_UP_TO))
    }

    /// How many numbers are linked.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn account_total(&self) -> LedgerResult<Total> {
        let mut tx = self.read("account_total").await?;
        Ok(total(fetch_optional!(
            tx,
            (i64,),
            "SELECT COUNT(*) FROM accounts"
        )?))
    }

    /// How many numbers are blocked.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn blocked_total(&self) -> LedgerResult<Total> {
        let mut tx = self.read("blocked_total").await?;
        let sql = "SELECT COUNT(*) FROM (SELECT 1 FROM blocked_numbers LIMIT $1) AS counted";
        let (count,) = fetch_optional!(tx, (i64,), sql, COUNT_UP_TO)?.unwrap_or_default();
        Ok(Total::new(count, count < COUNT_UP_TO))
    }

    /// How many deeds the audit has.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn deed_total(&self) -> LedgerResult<Total> {
        let mut tx = self.read("deed_total").await?;
        Ok(total(fetch_optional!(
            tx,
            (i64,),
            "SELECT COUNT(*) FROM audit"
        )?))
    }
}

fn total(row: Option<(i64,)>) -> Total {
    Total::new(row.map_or(0, |(count,)| count), true)
}
