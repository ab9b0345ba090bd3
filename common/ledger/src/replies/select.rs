//! Lists replies, however many there are.

use birdcall_domain::{clock::Timestamp, phone::Phone, reply::ReplyState};
use sqlx::AssertSqlSafe;

use super::{Reply, ReplyRecord};
use crate::{
    Ledger, LedgerResult,
    totals::Total,
    transaction::{fetch_all, fetch_optional},
};

/// Which replies to list.
#[derive(Clone, Debug)]
pub struct ReplyFilter {
    /// To this phone only.
    pub phone: Option<Phone>,
    /// In this state only.
    pub state: Option<ReplyState>,
    /// With this error of Twilio's only.
    pub error_code: Option<u32>,
    /// Written at or after this.
    pub since: Timestamp,
    /// Written before this.
    pub until: Timestamp,
    /// At most this many.
    pub limit: i64,
}

impl Default for ReplyFilter {
    /// The 100 newest replies.
    fn default() -> Self {
        Self {
            phone: None,
            state: None,
            error_code: None,
            since: Timestamp(0),
            until: Timestamp(i64::MAX),
            limit: 100,
        }
    }
}

/// Replies are counted up to this many, which takes some milliseconds.
const COUNT_UP_TO: i64 = 10_000;

/// The newest `$5` replies that meet the filter. A condition that is not asked for keeps its
/// parameter, so that the statement has the same ones whatever is asked.
fn newest_sql(filter: &ReplyFilter, columns: &str) -> String {
    let phone = match filter.phone {
        Some(_) => "phone = $3",
        None => "CAST($3 AS TEXT) IS NULL",
    };
    let error = match filter.error_code {
        Some(_) => "error_code = $4",
        None => "CAST($4 AS BIGINT) IS NULL",
    };
    let state = match filter.state {
        Some(state) => format!("AND state = '{state}'"),
        None => String::new(),
    };
    format!(
        "SELECT {columns} FROM replies
         WHERE {phone} AND {error} {state} AND created_at >= $1 AND created_at < $2
         ORDER BY created_at DESC LIMIT $5"
    )
}

/// What [`Ledger::replies`] runs.
pub(crate) fn list_sql(filter: &ReplyFilter) -> String {
    format!(
        "SELECT newest.*, deliveries.status AS delivery, deliveries.updated_at AS delivery_at FROM ({}) AS newest
         LEFT JOIN deliveries ON deliveries.twilio_sid = newest.twilio_sid
         ORDER BY newest.created_at DESC, newest.id",
        newest_sql(filter, "*")
    )
}

/// What [`Ledger::reply_total`] runs.
pub(crate) fn total_sql(filter: &ReplyFilter) -> String {
    let counted = newest_sql(filter, "created_at");
    format!("SELECT COUNT(*) FROM ({counted}) AS counted")
}

impl Ledger {
    /// Replies, newest first.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn replies(&self, filter: &ReplyFilter) -> LedgerResult<Vec<Reply>> {
        let mut tx = self.read("replies").await?;
        let rows = fetch_all!(
            tx,
            ReplyRecord,
            AssertSqlSafe(list_sql(filter)),
            filter.since.0,
            filter.until.0,
            filter.phone.as_ref().map(Phone::as_str),
            filter.error_code.map(i64::from),
            filter.limit,
        )?;
        rows.into_iter().map(Reply::try_from).collect()
    }

    /// How many replies a list with this filter would show without its limit.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn reply_total(&self, filter: &ReplyFilter) -> LedgerResult<Total> {
        let mut tx = self.read("reply_total").await?;
        let row = fetch_optional!(
            tx,
            (i64,),
            AssertSqlSafe(total_sql(filter)),
            filter.since.0,
            filter.until.0,
            filter.phone.as_ref().map(Phone::as_str),
            filter.error_code.map(i64::from),
            COUNT_UP_TO,
        )?;
        let (count,) = row.unwrap_or_default();
        Ok(Total::new(count, count < COUNT_UP_TO))
    }
}
