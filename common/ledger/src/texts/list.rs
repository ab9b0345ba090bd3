//! Lists and counts texts, however many there are.

use birdcall_domain::{clock::Timestamp, phone::Phone, text::TextState};
use sqlx::AssertSqlSafe;

use super::{Text, TextRecord};
use crate::{
    Ledger, LedgerResult,
    stored::{known, moment},
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
    /// Words are looked for in this many texts, the newest ones.
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
        let sql = AssertSqlSafe(list_sql(filter));
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

    /// When the oldest of the texts was received in which the list looked for words; `None` if it
    /// looked in every text that meets the rest of the filter.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn looked_back_to(&self, filter: &TextFilter) -> LedgerResult<Option<Timestamp>> {
        if filter.contains.is_none() {
            return Ok(None);
        }
        let mut tx = self.read("looked_back_to").await?;
        let sql = AssertSqlSafe(format!(
            "{} SELECT COUNT(*), MIN(received_at) FROM newest
             WHERE CAST($1 AS TEXT) IS NULL OR CAST($3 AS TEXT) IS NULL OR $4 = $4",
            newest_sql(filter)
        ));
        let seen = fetch_optional!(
            tx,
            (i64, Option<i64>),
            sql,
            filter.phone.as_ref().map(Phone::as_str),
            filter.since.0,
            filter.contains.as_deref(),
            filter.limit,
            filter.look_at,
        )?;
        let full = seen.filter(|(count, _)| *count >= filter.look_at);
        Ok(full.and_then(|(_, oldest)| moment(oldest)))
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

/// The newest `$5` texts that meet the filter without its words.
///
/// A phone's texts are read state by state, because one index then serves a phone with and without a
/// state. Each state is read only as far as it is shown.
fn newest_sql(filter: &TextFilter) -> String {
    let newest = |condition: &str| {
        format!(
            "SELECT * FROM (SELECT sid, received_at, arrival FROM texts WHERE {condition} received_at >= $2
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
pub(crate) fn list_sql(filter: &TextFilter) -> String {
    let newest = newest_sql(filter);
    format!(
        "{newest}
         SELECT texts.* FROM newest JOIN texts ON texts.sid = newest.sid
         WHERE (CAST($1 AS TEXT) IS NULL OR phone = $1)
             AND (CAST($3 AS TEXT) IS NULL OR LOWER(body) LIKE '%' || LOWER($3) || '%' ESCAPE '\\')
         ORDER BY newest.received_at DESC, newest.arrival DESC LIMIT $4"
    )
}

/// How many texts the list would have without its limit: with words, among the newest `$5`.
pub(crate) fn total_sql(filter: &TextFilter) -> String {
    if filter.contains.is_some() {
        return format!(
            "{} SELECT COUNT(*) FROM newest JOIN texts ON texts.sid = newest.sid
             WHERE (CAST($1 AS TEXT) IS NULL OR phone = $1)
                 AND LOWER(body) LIKE '%' || LOWER($3) || '%' ESCAPE '\\' AND $4 = $4",
            newest_sql(filter)
        );
    }
    let phone = match filter.phone {
        Some(_) => "phone = $1",
        None => "CAST($1 AS TEXT) IS NULL",
    };
    let state = match filter.state {
        Some(state) => format!("state = '{state}' AND"),
        None => String::new(),
    };
    format!(
        "SELECT COUNT(*) FROM texts WHERE {phone} AND {state} received_at >= $2
             AND CAST($3 AS TEXT) IS NULL AND $4 = $4 AND $5 = $5"
    )
}

/// A pattern of `LIKE` that means itself.
pub(crate) fn literally(text: &str) -> String {
    text.replace('\\', r"\\")
        .replace('%', r"\%")
        .replace('_', r"\_")
}
