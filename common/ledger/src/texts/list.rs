//! Lists and counts texts, however many there are.

use birdcall_domain::{clock::Timestamp, phone::Phone, text::TextState};
use sqlx::AssertSqlSafe;

use super::{
    Text, TextRecord,
    filter::TextFilter,
    list_sql::{extent_sql, list_sql, literally},
};
use crate::{
    Ledger, LedgerResult,
    stored::{known, moment},
    totals::Total,
    transaction::{fetch_all, fetch_optional},
};

/// How far a list goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// How many texts the list would have on all its pages.
    pub total: Total,
    /// When the oldest text that was looked at was received, if [`TextFilter::look_at`] ended the look:
    /// there may be older ones.
    pub looked_back_to: Option<Timestamp>,
}

/// Nearly all texts were published in the end. They are counted as the rest, because counting all rows
/// takes the smallest index.
pub(crate) const COUNT_OTHERS: &str =
    "SELECT state, COUNT(*) FROM texts WHERE state < 'published' GROUP BY state
     UNION ALL SELECT state, COUNT(*) FROM texts WHERE state > 'published' GROUP BY state";
pub(crate) const COUNT_ALL: &str = "SELECT COUNT(*) FROM texts";

impl Ledger {
    /// Texts, newest first.
    ///
    /// What no index finds, such as words inside of a body, is looked for in the newest
    /// [`TextFilter::look_at`] of the texts that meet the rest of the filter.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn texts(&self, filter: &TextFilter) -> LedgerResult<Vec<Text>> {
        let mut tx = self.read("texts").await?;
        let sql = AssertSqlSafe(list_sql(tx.dialect(), filter));
        let at_most = match filter.is_sifted() {
            true => filter.look_at,
            false => filter.limit,
        };
        let end = End::of(filter);
        let rows = fetch_all!(
            tx,
            TextRecord,
            sql,
            filter.phone.as_ref().map(Phone::as_str),
            filter.since.0,
            filter.contains.as_deref().map(literally),
            filter.limit,
            at_most,
            end.received_at.0,
            filter.error.as_deref().map(literally),
            end.arrival,
            end.sid,
        )?;
        rows.into_iter().map(Text::try_from).collect()
    }

    /// How many texts there are beyond the `shown` ones of a page.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn text_extent(&self, filter: &TextFilter, shown: usize) -> LedgerResult<Extent> {
        let shown = i64::try_from(shown).unwrap_or(i64::MAX);
        let count = shown >= filter.limit || filter.after.is_some();
        let mut tx = self.read("text_extent").await?;
        let sql = AssertSqlSafe(extent_sql(tx.dialect(), filter, count));
        let seen = fetch_optional!(
            tx,
            (i64, i64, Option<i64>),
            sql,
            filter.phone.as_ref().map(Phone::as_str),
            filter.since.0,
            filter.contains.as_deref().map(literally),
            filter.limit,
            filter.look_at,
            filter.until.0,
            filter.error.as_deref().map(literally),
        )?;
        let (looked_at, found, oldest) = seen.unwrap_or_default();
        let all = looked_at < filter.look_at;
        Ok(Extent {
            total: Total::new(if count { found } else { shown }, all),
            looked_back_to: moment(oldest).filter(|_| !all),
        })
    }

    /// How many texts are in each state that any is in.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn text_counts(&self) -> LedgerResult<Vec<(TextState, i64)>> {
        let mut tx = self.read("text_counts").await?;
        let others = fetch_all!(tx, (String, i64), COUNT_OTHERS)?;
        let all = fetch_optional!(tx, (i64,), COUNT_ALL)?;
        let others = others.into_iter();
        let counts = others
            .map(|(state, count)| Ok((known("texts.state", &state, TextState::parse)?, count)));
        let mut counts: Vec<(TextState, i64)> = counts.collect::<LedgerResult<_>>()?;
        let others: i64 = counts.iter().map(|(_, count)| count).sum();
        let published = all.map_or(0, |(all,)| all) - others;
        if published > 0 {
            counts.push((TextState::Published, published));
        }
        counts.sort_by_key(|(state, _)| state.as_str());
        Ok(counts)
    }
}

/// The texts of a list are before this place, in the order of time.
struct End<'a> {
    received_at: Timestamp,
    arrival: i64,
    sid: &'a str,
}

impl<'a> End<'a> {
    /// The last place of the page before, or the moment at which the list ends, if that is earlier.
    fn of(filter: &'a TextFilter) -> Self {
        match &filter.after {
            Some(place) if place.received_at < filter.until => Self {
                received_at: place.received_at,
                arrival: place.arrival,
                sid: place.sid.as_str(),
            },
            _ => Self {
                received_at: filter.until,
                arrival: i64::MIN,
                sid: "",
            },
        }
    }
}
