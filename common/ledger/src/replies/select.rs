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
    /// Only those that did not arrive: Birdcall gave up, or Twilio reported an error.
    pub lost: bool,
    /// Only those that come after this one in the list: when it was written, and its id.
    pub before: Option<(Timestamp, String)>,
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
            lost: false,
            before: None,
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
    // Word for word the condition of its index.
    let lost = match filter.lost {
        true => "AND CASE state WHEN 'failed' THEN 1 WHEN 'sent' THEN error_code END IS NOT NULL",
        false => "",
    };
    let before = match filter.before {
        Some(_) => "created_at <= $6 AND (created_at < $6 OR id < $7)",
        None => "CAST($6 AS BIGINT) IS NULL AND CAST($7 AS TEXT) IS NULL",
    };
    format!(
        "SELECT {columns} FROM replies
         WHERE {phone} AND {error} {state} {lost} AND created_at >= $1 AND created_at < $2 AND {before}
         ORDER BY created_at DESC, id DESC LIMIT $5"
    )
}

/// What [`Ledger::replies`] runs.
pub(crate) fn list_sql(filter: &ReplyFilter) -> String {
    format!(
        "SELECT newest.*, deliveries.status AS delivery, deliveries.updated_at AS delivery_at FROM ({}) AS newest
         LEFT JOIN deliveries ON deliveries.twilio_sid = newest.twilio_sid
         ORDER BY newest.created_at DESC, newest.id DESC",
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
            filter.before.as_ref().map(|(at, _)| at.0),
            filter.before.as_ref().map(|(_, id)| id.as_str()),
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
            filter.before.as_ref().map(|(at, _)| at.0),
            filter.before.as_ref().map(|(_, id)| id.as_str()),
        )?;
        let (count,) = row.unwrap_or_default();
        Ok(Total::new(count, count < COUNT_UP_TO))
    }
}
