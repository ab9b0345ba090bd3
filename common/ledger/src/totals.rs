//! How many rows there are in all, for lists that show some of them.

use birdcall_domain::phone::Phone;

use crate::{
    Ledger, LedgerResult,
    queue::{JobFilter, Queue, jobs_sql},
    texts::{TextFilter, literally, total_sql},
    transaction::fetch_optional,
};

impl Ledger {
    /// How many texts there are that a list with this filter would show without its limit. Words are
    /// looked for as far back as the list looks.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn text_total(&self, filter: &TextFilter) -> LedgerResult<u64> {
        let mut tx = self.read("text_total").await?;
        let sql = sqlx::AssertSqlSafe(total_sql(filter));
        let row = fetch_optional!(
            tx,
            (i64,),
            sql,
            filter.phone.as_ref().map(Phone::as_str),
            filter.since.0,
            filter.contains.as_deref().map(literally),
            filter.limit,
            filter.look_at,
        )?;
        Ok(total(row))
    }

    /// How many jobs there are that a list with this filter would show without its limit.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn job_total(&self, filter: &JobFilter) -> LedgerResult<u64> {
        let mut tx = self.read("job_total").await?;
        // The columns are named here, the values are bound.
        let sql = sqlx::AssertSqlSafe(format!(
            "SELECT COUNT(*) FROM ({}) AS jobs
             WHERE (CAST($1 AS TEXT) IS NULL OR queue = $1) AND (CAST($2 AS TEXT) IS NULL OR state = $2)
               AND (CAST($3 AS TEXT) IS NULL OR subject = $3)",
            jobs_sql(tx.dialect())
        ));
        let row = fetch_optional!(
            tx,
            (i64,),
            sql,
            filter.queue.map(Queue::as_str),
            filter.state.map(crate::queue::JobState::as_str),
            filter.subject.as_deref(),
        )?;
        Ok(total(row))
    }

    /// How many numbers are linked.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn account_total(&self) -> LedgerResult<u64> {
        let mut tx = self.read("account_total").await?;
        Ok(total(fetch_optional!(
            tx,
            (i64,),
            "SELECT COUNT(*) FROM accounts"
        )?))
    }

    /// How many deeds the audit has.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn deed_total(&self) -> LedgerResult<u64> {
        let mut tx = self.read("deed_total").await?;
        Ok(total(fetch_optional!(
            tx,
            (i64,),
            "SELECT COUNT(*) FROM audit"
        )?))
    }
}

fn total(row: Option<(i64,)>) -> u64 {
    row.map_or(0, |(count,)| u64::try_from(count).unwrap_or(0))
}
