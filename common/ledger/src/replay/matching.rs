//! The texts that a replay of many reaches, in SQL.
//!
//! Both statements take the same values: `$1` the phone, `$2` and `$3` the first and the last moment,
//! `$4` the reason, `$5` the words and `$9` the error as patterns, `$6` how many texts are looked at, and `$7` and `$8`
//! the place within the first moment after which they begin. They look at the oldest texts that an
//! index leads to; whether a text has the reason and the words is a column of what they yield.

use birdcall_domain::replay_run::ReplayFilter;

/// Reads a table from an index in the order of arrival, state by state if states or a phone are named.
/// The plus keeps the last moment from the index: with it, SQLite would take the index without the phone.
fn oldest_sql(filter: &ReplayFilter) -> String {
    let part = |condition: &str| {
        format!(
            "SELECT * FROM (SELECT * FROM texts
                 WHERE {condition} received_at >= $2 AND +received_at <= $3
                     AND (received_at > $2 OR arrival > $7 OR (arrival = $7 AND sid > $8))
                 ORDER BY received_at, arrival, sid LIMIT $6) AS part"
        )
    };
    let of_phone = if filter.phone.is_some() {
        "phone = $1 AND "
    } else {
        ""
    };
    let states: &[_] = match (filter.states.is_empty(), &filter.phone) {
        (true, Some(_)) => birdcall_domain::text::TextState::ALL,
        _ => &filter.states,
    };
    let parts: Vec<String> = match states {
        [] => vec![part("")],
        states => {
            let in_state = |state| part(&format!("{of_phone}state = '{state}' AND"));
            states.iter().map(in_state).collect()
        }
    };
    format!(
        "SELECT * FROM ({}) AS parts ORDER BY received_at, arrival, sid LIMIT $6",
        parts.join(" UNION ALL ")
    )
}

/// Whether a text meets the parts of the filter that no index leads to. Every value is named, because
/// PostgreSQL wants each to have a type.
const MATCHES: &str = "CASE WHEN (CAST($1 AS TEXT) IS NULL OR phone = $1)
         AND (CAST($4 AS TEXT) IS NULL OR COALESCE(reason, '') = $4)
         AND (CAST($5 AS TEXT) IS NULL OR LOWER(body) LIKE '%' || LOWER($5) || '%' ESCAPE '\\')
         AND (CAST($9 AS TEXT) IS NULL OR LOWER(COALESCE(error, '')) LIKE '%' || LOWER($9) || '%' ESCAPE '\\')
     THEN 1 ELSE 0 END";

/// The next texts of a walk, oldest first, those that do not match too: the walk has to get past them.
pub(crate) fn walk_sql(filter: &ReplayFilter) -> String {
    format!(
        "SELECT oldest.*, CAST({MATCHES} AS BIGINT) AS matches FROM ({}) AS oldest
         ORDER BY received_at, arrival, sid",
        oldest_sql(filter)
    )
}

/// How many texts there are of each kind that the rule tells apart, and the oldest of each.
pub(crate) fn plan_sql(filter: &ReplayFilter) -> String {
    format!(
        "SELECT kind, state, reason, is_due, forgotten, no_words, matches, COUNT(*) AS texts, MIN(received_at) AS oldest
         FROM (SELECT kind, state, reason, received_at,
                 CAST(CASE WHEN next_attempt_at IS NULL THEN 0 ELSE 1 END AS BIGINT) AS is_due,
                 CAST(CASE WHEN phone = '' THEN 1 ELSE 0 END AS BIGINT) AS forgotten,
                 CAST(CASE WHEN body = '' THEN 1 ELSE 0 END AS BIGINT) AS no_words,
                 CAST({MATCHES} AS BIGINT) AS matches FROM ({}) AS oldest) AS looked_at
         GROUP BY kind, state, reason, is_due, forgotten, no_words, matches",
        oldest_sql(filter)
    )
}
