//! What grows old, and the SQL that finds it: rows in the order of their age, each with whether it may go.

use crate::Dialect;

/// What grows old.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Old {
    /// The words of texts.
    TextBodies,
    /// The words of replies.
    ReplyBodies,
    /// Texts, with their attempts, their replies and the reports about these.
    Texts,
    /// Replies that belong to no text.
    Replies,
    /// Reports about replies that are gone.
    Deliveries,
    /// Entries of the audit.
    Audit,
    /// Numbers of which nothing else is known.
    Lanes,
}

impl Old {
    /// All of them, in the order in which they are removed: a number goes after its texts.
    pub const ALL: [Self; 7] = [
        Self::TextBodies,
        Self::ReplyBodies,
        Self::Texts,
        Self::Replies,
        Self::Deliveries,
        Self::Audit,
        Self::Lanes,
    ];

    /// The word for logs and metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TextBodies => "text_bodies",
            Self::ReplyBodies => "reply_bodies",
            Self::Texts => "texts",
            Self::Replies => "replies",
            Self::Deliveries => "deliveries",
            Self::Audit => "audit",
            Self::Lanes => "lanes",
        }
    }

    pub(super) fn rows(self) -> Rows {
        match self {
            Self::TextBodies => Rows {
                table: "texts",
                id: "sid",
                at: "received_at",
                phone: "phone",
                ripe: &["body <> ''", TEXT_IS_OVER, NOT_ITS_LAST_POST],
                at_removal: "TRUE",
            },
            Self::Texts => Rows {
                table: "texts",
                id: "sid",
                at: "received_at",
                phone: "phone",
                ripe: &[TEXT_IS_OVER, NOT_ITS_LAST_POST],
                at_removal: ITS_REPLIES_ARE_OVER,
            },
            Self::ReplyBodies => Rows {
                table: "replies",
                id: "id",
                at: "created_at",
                phone: "phone",
                ripe: &["body <> ''", REPLY_IS_OVER],
                at_removal: "TRUE",
            },
            Self::Replies => Rows {
                table: "replies",
                id: "id",
                at: "created_at",
                phone: "phone",
                ripe: &[REPLY_IS_OVER, BELONGS_TO_NO_TEXT],
                at_removal: "TRUE",
            },
            Self::Deliveries => Rows {
                table: "deliveries",
                id: "twilio_sid",
                at: "updated_at",
                phone: "''",
                ripe: &["updated_at < $1", ITS_REPLY_IS_GONE],
                at_removal: "TRUE",
            },
            Self::Audit => Rows {
                table: "audit",
                id: "id",
                at: "at",
                phone: "''",
                ripe: &["at < $1"],
                at_removal: "TRUE",
            },
            Self::Lanes => Rows {
                table: "lanes",
                id: "phone",
                // They are walked in the order of the numbers: no index of a row that every text changes.
                at: "0",
                phone: "phone",
                ripe: &["opted_out = 0", "touched_at < $1", NOTHING_ELSE_IS_KNOWN],
                at_removal: "TRUE",
            },
        }
    }
}

/// Rows that grow old. `$1` is the present in every condition.
pub(super) struct Rows {
    pub(super) table: &'static str,
    pub(super) id: &'static str,
    /// The column of its age.
    pub(super) at: &'static str,
    /// Whose lane is locked before it changes.
    pub(super) phone: &'static str,
    /// What has to be true before it may go, besides its age.
    pub(super) ripe: &'static [&'static str],
    /// What has to be true as well and nearly always is: it is not asked while rows are looked for, where it would
    /// cost more than everything else.
    pub(super) at_removal: &'static str,
}

/// It has ended, nothing is in doubt, and no command of its phone is under way that may be about it.
const TEXT_IS_OVER: &str = "texts.state IN ('published', 'refused', 'failed', 'command', 'ignored')
    AND texts.next_attempt_at IS NULL AND texts.lease_owner IS NULL AND texts.deadline_at < $1
    AND NOT EXISTS (SELECT 1 FROM texts AS under_way WHERE under_way.phone = texts.phone
        AND under_way.next_attempt_at IS NOT NULL AND under_way.kind = 'command')";
/// `\UNDO` deletes the last post of a number, however old it is, and quotes it.
const NOT_ITS_LAST_POST: &str = "NOT (texts.state = 'published' AND texts.undone_at IS NULL AND texts.phone <> ''
    AND EXISTS (SELECT 1 FROM accounts WHERE accounts.phone = texts.phone)
    AND NOT EXISTS (SELECT 1 FROM texts AS newer WHERE newer.phone = texts.phone
        AND newer.arrival > texts.arrival AND newer.state = 'published' AND newer.undone_at IS NULL))";
/// A reply that is still to be sent may be sent again, and its number goes when a goodbye was said.
const REPLY_IS_OVER: &str = "replies.state IN ('sent', 'failed', 'suppressed')
    AND replies.next_attempt_at IS NULL AND replies.lease_owner IS NULL AND replies.deadline_at < $1
    AND NOT (replies.purpose = 'goodbye' AND replies.phone <> '')";
const ITS_REPLIES_ARE_OVER: &str = "NOT EXISTS (SELECT 1 FROM replies WHERE replies.text_sid = texts.sid
    AND (replies.state NOT IN ('sent', 'failed', 'suppressed') OR replies.next_attempt_at IS NOT NULL
        OR replies.lease_owner IS NOT NULL OR replies.deadline_at >= $1
        OR (replies.purpose = 'goodbye' AND replies.phone <> '')))";
const BELONGS_TO_NO_TEXT: &str = "(replies.text_sid IS NULL
    OR NOT EXISTS (SELECT 1 FROM texts WHERE texts.sid = replies.text_sid))";
const ITS_REPLY_IS_GONE: &str =
    "NOT EXISTS (SELECT 1 FROM replies WHERE replies.twilio_sid = deliveries.twilio_sid)";
const NOTHING_ELSE_IS_KNOWN: &str =
    "NOT EXISTS (SELECT 1 FROM texts WHERE texts.phone = lanes.phone)
    AND NOT EXISTS (SELECT 1 FROM replies WHERE replies.phone = lanes.phone)
    AND NOT EXISTS (SELECT 1 FROM accounts WHERE accounts.phone = lanes.phone)";

/// The next `$5` rows that are older than `$2`, after the row `$4` of the moment `$3`, and whether each may
/// go at `$1`.
pub(crate) fn look_sql(old: Old) -> String {
    let Rows {
        table,
        id,
        at,
        phone,
        ripe,
        at_removal: _,
    } = old.rows();
    let ripe = ripe.join(" AND ");
    let next = match old {
        Old::Lanes => format!("touched_at < $2 AND $3 = $3 AND {id} > $4 ORDER BY {id}"),
        _ => format!("{at} < $2 AND {at} >= $3 AND ({at} > $3 OR {id} > $4) ORDER BY {at}, {id}"),
    };
    let at = match old {
        Old::Lanes => "CAST(0 AS BIGINT)",
        _ => at,
    };
    format!("SELECT {at}, {id}, {phone}, ({ripe}) FROM {table} WHERE {next} LIMIT $5")
}

/// Those of the rows `$1` that may go at `$2`. PostgreSQL locks them. SQLite has to be told to begin with the
/// list: it would rather look through every row in one of the states that may go.
pub(crate) fn ripe_sql(dialect: Dialect, old: Old) -> String {
    let Rows {
        table,
        id,
        ripe,
        at_removal,
        ..
    } = old.rows();
    let ripe = format!("{} AND {at_removal}", ripe.join(" AND ")).replace("$1", "$2");
    let these = these(dialect);
    match dialect {
        Dialect::Sqlite => format!(
            "SELECT {table}.{id} FROM ({these}) AS these CROSS JOIN {table}
             WHERE {table}.{id} = these.value AND {ripe}"
        ),
        Dialect::Postgres => {
            format!("SELECT {id} FROM {table} WHERE {id} IN ({these}) AND {ripe} FOR UPDATE")
        }
    }
}

/// The ids of the list `$1`.
fn these(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => "SELECT value FROM json_each($1)",
        Dialect::Postgres => "SELECT jsonb_array_elements_text(CAST($1 AS JSONB))",
    }
}

/// What removes the rows of the list `$1`, first to last. Reports come before replies, in the order in which a
/// report that comes meanwhile locks them.
pub(crate) fn removal_sql(dialect: Dialect, old: Old) -> Vec<String> {
    let these = these(dialect);
    match old {
        Old::TextBodies => vec![
            format!(
                "UPDATE attempts SET error = NULL WHERE sid IN ({these}) AND error IS NOT NULL"
            ),
            format!("UPDATE texts SET body = '', error = NULL WHERE sid IN ({these})"),
        ],
        Old::ReplyBodies => vec![format!(
            "UPDATE replies SET body = '' WHERE id IN ({these})"
        )],
        Old::Texts => vec![
            format!(
                "DELETE FROM deliveries WHERE twilio_sid IN
                     (SELECT twilio_sid FROM replies WHERE text_sid IN ({these}))"
            ),
            format!("DELETE FROM replies WHERE text_sid IN ({these})"),
            format!("DELETE FROM attempts WHERE sid IN ({these})"),
            format!("DELETE FROM texts WHERE sid IN ({these})"),
        ],
        Old::Replies => vec![
            format!(
                "DELETE FROM deliveries WHERE twilio_sid IN
                     (SELECT twilio_sid FROM replies WHERE id IN ({these}))"
            ),
            format!("DELETE FROM replies WHERE id IN ({these})"),
        ],
        Old::Deliveries => vec![format!(
            "DELETE FROM deliveries WHERE twilio_sid IN ({these})"
        )],
        Old::Audit => vec![format!("DELETE FROM audit WHERE id IN ({these})")],
        Old::Lanes => vec![format!("DELETE FROM lanes WHERE phone IN ({these})")],
    }
}
