//! The SQL of the lists of texts.
//!
//! `$1` is the phone, `$2` the first moment, `$3` words of the body and `$7` of the error, as patterns,
//! `$4` the limit of the list, `$5` how many texts are looked at, and `$6`, `$8` and `$9` the place
//! before which the list begins. States and reasons are named in the text, as words of ours.

use birdcall_domain::text::TextState;

use super::filter::TextFilter;
use crate::Dialect;

/// The columns by which the list chooses its texts.
const CHOSEN_BY: &str = "sid, phone, body, reason, error, received_at, arrival";

/// The order of every list of texts.
const ORDER: &str = "ORDER BY received_at DESC, arrival DESC, sid DESC";

/// Whether a text meets the parts of the filter that no index leads to.
const SIFTED: &str = r"(CAST($3 AS TEXT) IS NULL OR LOWER(body) LIKE '%' || LOWER($3) || '%' ESCAPE '\')
     AND (CAST($7 AS TEXT) IS NULL OR LOWER(COALESCE(error, '')) LIKE '%' || LOWER($7) || '%' ESCAPE '\')";

/// What a text has to meet besides what the index leads to.
fn sifted(filter: &TextFilter) -> String {
    match filter.reason.filter(|_| filter.phone.is_some()) {
        Some(reason) => format!("{SIFTED} AND COALESCE(reason, '') = '{reason}'"),
        None => SIFTED.to_owned(),
    }
}

/// The index that leads to the texts, and the conditions that it serves, one for each part of it that
/// is read. A phone's texts are read state by state, because one index then serves a phone with and
/// without a state.
fn led_by(filter: &TextFilter) -> (&'static str, Vec<String>) {
    let in_state = |state: TextState| format!("state = '{state}' AND");
    let of_phone = |state: TextState| format!("phone = $1 AND {}", in_state(state));
    match (&filter.phone, filter.state, filter.reason) {
        (Some(_), Some(state), _) => ("texts_phone_state", vec![of_phone(state)]),
        (Some(_), None, _) => {
            let states = TextState::ALL.iter().copied();
            ("texts_phone_state", states.map(of_phone).collect())
        }
        (None, state, Some(reason)) => {
            let state = state.map(in_state).unwrap_or_default();
            (
                "texts_reason",
                vec![format!("reason = '{reason}' AND {state}")],
            )
        }
        (None, Some(state), None) => ("texts_state", vec![in_state(state)]),
        (None, None, None) if filter.error.is_some() => {
            ("texts_error", vec!["error IS NOT NULL AND".to_owned()])
        }
        (None, None, None) => ("texts_received", vec![String::new()]),
    }
}

/// The newest `$5` texts within these bounds that an index leads to. Each part is read only as far as
/// it is shown. SQLite has no statistics here, and is told the index.
fn newest_sql(dialect: Dialect, filter: &TextFilter, columns: &str, bounds: &str) -> String {
    let (index, parts) = led_by(filter);
    let index = match dialect {
        Dialect::Sqlite => format!("INDEXED BY {index}"),
        Dialect::Postgres => String::new(),
    };
    let parts: Vec<String> = parts
        .iter()
        .map(|condition| {
            format!(
                "SELECT * FROM (SELECT {columns} FROM texts {index} WHERE {condition} {bounds}
                     {ORDER} LIMIT $5) AS part"
            )
        })
        .collect();
    let parts = parts.join(" UNION ALL ");
    format!("WITH newest AS ({parts} {ORDER} LIMIT $5)")
}

/// The list: of the newest `$5` texts, the newest `$4` that meet the rest of the filter.
///
/// SQLite would sort whole rows, which takes twice as long as sorting what they are chosen by. PostgreSQL
/// does not sort them, and may read the whole table when it is asked for the rest of the rows.
pub(crate) fn list_sql(dialect: Dialect, filter: &TextFilter) -> String {
    let bounds = "received_at >= $2 AND received_at <= $6
        AND (received_at < $6 OR arrival < $8 OR (arrival = $8 AND sid < $9))";
    let chosen = format!(
        "FROM newest WHERE (CAST($1 AS TEXT) IS NULL OR phone = $1) AND {} {ORDER} LIMIT $4",
        sifted(filter)
    );
    match dialect {
        Dialect::Sqlite => format!(
            "{} SELECT * FROM texts WHERE sid IN (SELECT sid {chosen}) {ORDER}",
            newest_sql(dialect, filter, CHOSEN_BY, bounds)
        ),
        Dialect::Postgres => format!(
            "{} SELECT * {chosen}",
            newest_sql(dialect, filter, "*", bounds)
        ),
    }
}

/// How many of the newest `$5` texts there are, how many of them meet the rest of the filter, and how old
/// the oldest is. The latter are counted only if `count` asks for it.
pub(crate) fn extent_sql(dialect: Dialect, filter: &TextFilter, count: bool) -> String {
    let bounds = "received_at >= $2 AND received_at < $6";
    let (columns, found) = match count && filter.is_sifted() {
        true => (
            CHOSEN_BY,
            format!("COUNT(CASE WHEN {} THEN 1 END)", sifted(filter)),
        ),
        false => ("sid, received_at, arrival", "COUNT(*)".to_owned()),
    };
    // Every value is named, because PostgreSQL wants each to have a type.
    format!(
        "{} SELECT COUNT(*), {found}, MIN(received_at) FROM newest
         WHERE CAST($1 AS TEXT) IS NULL OR CAST($3 AS TEXT) IS NULL OR CAST($7 AS TEXT) IS NULL OR $4 = $4",
        newest_sql(dialect, filter, columns, bounds)
    )
}

/// A pattern of `LIKE` that means itself.
pub(crate) fn literally(text: &str) -> String {
    text.replace('\\', r"\\")
        .replace('%', r"\%")
        .replace('_', r"\_")
}
