//! Lists and counts texts, however many there are.

use birdcall_domain::{clock::Timestamp, phone::Phone, text::TextState};
use sqlx::AssertSqlSafe;

use super::{Text, TextRecord};
use crate::{
    Dialect, Ledger, LedgerResult,
    stored::{known, moment},
    totals::Total,
    transaction::{fetch_all, fetch_optional},
};

/// Which texts to list.
#[derive(Clone, Debug)]
pub struct TextFilter {
    /// From this phone only.
    pub phone: Option<Phone>,
    /// In this state only.
    pub state: Option<TextState>,
    /// Received at or after this.
    pub since: Timestamp,
    /// With these words in the body, in any case.
    pub contains: Option<String>,
    /// At most this many.
    pub limit: i64,
    /// This many texts are looked at, the newest ones, to find words or to count.
    pub look_at: i64,
}

/// The default of [`TextFilter::look_at`]: looking at this many texts takes some hundredths of a
/// second.
pub const LOOK_AT: i64 = 10_000;

impl Default for TextFilter {
    /// The 100 newest texts.
    fn default() -> Self {
        Self {
            phone: None,
            state: None,
            since: Timestamp(0),
            contains: None,
            limit: 100,
            look_at: LOOK_AT,
        }
    }
}

/// How far a list goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// How many texts the list would have without its limit.
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
    /// Words are looked for in the newest [`TextFilter::look_at`] of the texts that meet the rest of
    /// the filter: no index finds words inside of a body.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn texts(&self, filter: &TextFilter) -> LedgerResult<Vec<Text>> {
        let mut tx = self.read("texts").await?;
        let sql = AssertSqlSafe(list_sql(tx.dialect(), filter));
        let at_most = match filter.contains {
            Some(_) => filter.look_at,
            None => filter.limit,
        };
        let rows = fetch_all!(
            tx,
            TextRecord,
            sql,
            filter.phone.as_ref().map(Phone::as_str),
            filter.since.0,
            filter.contains.as_deref().map(literally),
            filter.limit,
            at_most,
        )?;
        rows.into_iter().map(Text::try_from).collect()
    }

    /// How many texts there are beyond the `shown` ones of a list.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn text_extent(&self, filter: &TextFilter, shown: usize) -> LedgerResult<Extent> {
        let shown = i64::try_from(shown).unwrap_or(i64::MAX);
        let full = shown >= filter.limit;
        let mut tx = self.read("text_extent").await?;
        let sql = AssertSqlSafe(extent_sql(filter, full));
        let seen = fetch_optional!(
            tx,
            (i64, i64, Option<i64>),
            sql,
            filter.phone.as_ref().map(Phone::as_str),
            filter.since.0,
            filter.contains.as_deref().map(literally),
            filter.limit,
            filter.look_at,
        )?;
        let (looked_at, found, oldest) = seen.unwrap_or_default();
        let all = looked_at < filter.look_at;
        Ok(Extent {
            total: Total::new(if full { found } else { shown }, all),
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

/// The columns by which the list chooses its texts.
const CHOSEN_BY: &str = "sid, phone, body, received_at, arrival";

/// The newest `$5` texts that meet the filter without its words.
///
/// A phone's texts are read state by state, because one index then serves a phone with and without a
/// state. Each state is read only as far as it is shown.
fn newest_sql(filter: &TextFilter, columns: &str) -> String {
    let newest = |condition: &str| {
        format!(
            "SELECT * FROM (SELECT {columns} FROM texts WHERE {condition} received_at >= $2
                 ORDER BY received_at DESC, arrival DESC LIMIT $5) AS part"
        )
    };
    let in_state = |state: &TextState| match filter.phone {
        Some(_) => newest(&format!("phone = $1 AND state = '{state}' AND")),
        None => newest(&format!("state = '{state}' AND")),
    };
    let newest = match (&filter.phone, &filter.state) {
        (_, Some(state)) => in_state(state),
        (Some(_), None) => {
            let states: Vec<String> = TextState::ALL.iter().map(in_state).collect();
            states.join(" UNION ALL ")
        }
        (None, None) => newest(""),
    };
    format!("WITH newest AS ({newest} ORDER BY received_at DESC, arrival DESC LIMIT $5)")
}

/// The list: of the newest `$5` texts, the newest `$4` that have the words `$3`.
///
/// SQLite would sort whole rows, which takes twice as long as sorting what they are chosen by. PostgreSQL
/// does not sort them, and may read the whole table when it is asked for the rest of the rows.
pub(crate) fn list_sql(dialect: Dialect, filter: &TextFilter) -> String {
    let chosen = "FROM newest WHERE (CAST($1 AS TEXT) IS NULL OR phone = $1)
             AND (CAST($3 AS TEXT) IS NULL OR LOWER(body) LIKE '%' || LOWER($3) || '%' ESCAPE '\\')
         ORDER BY received_at DESC, arrival DESC LIMIT $4";
    match dialect {
        Dialect::Sqlite => format!(
            "{} SELECT * FROM texts WHERE sid IN (SELECT sid {chosen})
             ORDER BY received_at DESC, arrival DESC",
            newest_sql(filter, CHOSEN_BY)
        ),
        Dialect::Postgres => format!("{} SELECT * {chosen}", newest_sql(filter, "*")),
    }
}

/// How many of the newest `$5` texts there are, how many of them have the words `$3`, and how old the
/// oldest is. Without words, all of them count. A list that is not `full` shows those that have the words.
pub(crate) fn extent_sql(filter: &TextFilter, full: bool) -> String {
    let look_for_words = full && filter.contains.is_some();
    let (columns, found) = match look_for_words {
        true => (
            CHOSEN_BY,
            r"COUNT(CASE WHEN LOWER(body) LIKE '%' || LOWER($3) || '%' ESCAPE '\' THEN 1 END)",
        ),
        false => ("received_at, arrival", "COUNT(*)"),
    };
    format!(
        "{} SELECT COUNT(*), {found}, MIN(received_at) FROM newest
         WHERE CAST($1 AS TEXT) IS NULL OR CAST($3 AS TEXT) IS NULL OR $4 = $4",
        newest_sql(filter, columns)
    )
}

/// A pattern of `LIKE` that means itself.
pub(crate) fn literally(text: &str) -> String {
    text.replace('\\', r"\\")
        .replace('%', r"\%")
        .replace('_', r"\_")
}
