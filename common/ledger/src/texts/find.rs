//! Finds texts, and what belongs to them.

use std::collections::HashMap;

use birdcall_domain::{call::Heard, clock::Timestamp, phone::Phone, text::MessageSid};

use super::{Text, TextRecord, read_sid};
use crate::{
    Dialect, Ledger, LedgerResult, erased,
    stored::{count, moment},
    transaction::{fetch_all, fetch_optional},
};

/// What the ledger has of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// A whole row.
    Kept,
    /// The rest that a `\STOP` left, or an erasure: neither its number nor its words.
    Forgotten,
}

/// A call that was announced.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// 1 is the first.
    pub number: u32,
    /// When it was announced.
    pub started_at: Timestamp,
    /// When its outcome was written; `None` when its worker died.
    pub ended_at: Option<Timestamp>,
    /// The outcome in one word.
    pub outcome: Option<String>,
    /// The reason for a failure, in words.
    pub error: Option<String>,
    /// What X answered.
    pub heard: Heard,
}

/// A row of `attempts`.
#[derive(sqlx::FromRow)]
struct AttemptRecord {
    number: i64,
    started_at: i64,
    ended_at: Option<i64>,
    outcome: Option<String>,
    error: Option<String>,
    http_status: Option<i64>,
    problem: Option<String>,
    transaction_id: Option<String>,
}

impl From<AttemptRecord> for Attempt {
    fn from(row: AttemptRecord) -> Self {
        Self {
            number: count(row.number),
            started_at: Timestamp(row.started_at),
            ended_at: moment(row.ended_at),
            outcome: row.outcome,
            error: row.error,
            heard: Heard {
                status: row
                    .http_status
                    .and_then(|status| u16::try_from(status).ok()),
                problem: row.problem,
                transaction_id: row.transaction_id,
            },
        }
    }
}

/// What [`Ledger::texts_with_sid`] runs.
pub(crate) const TEXTS_WITH_SID: &str =
    "SELECT * FROM texts WHERE sid >= $1 AND sid < $2 ORDER BY sid LIMIT $3";

impl Ledger {
    /// One text.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn text(&self, sid: &MessageSid) -> LedgerResult<Option<Text>> {
        let mut tx = self.read("text").await?;
        let sql = "SELECT * FROM texts WHERE sid = $1";
        let row = fetch_optional!(tx, TextRecord, sql, sid.as_str())?;
        row.map(Text::try_from).transpose()
    }

    /// The texts whose sid begins with `beginning`, at most `limit`: two are enough to tell whether it
    /// names one text. `beginning` is `SM` or `MM` and hexadecimal digits.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn texts_with_sid(&self, beginning: &str, limit: i64) -> LedgerResult<Vec<Text>> {
        let mut tx = self.read("texts_with_sid").await?;
        // Every hexadecimal digit sorts before g.
        let rows = fetch_all!(
            tx,
            TextRecord,
            TEXTS_WITH_SID,
            beginning,
            format!("{beginning}g"),
            limit,
        )?;
        rows.into_iter().map(Text::try_from).collect()
    }

    /// Those of `sids` that the ledger has.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn known_texts(&self, sids_given: &[&str]) -> LedgerResult<HashMap<String, Known>> {
        let mut tx = self.read("known_texts").await?;
        let sql = match tx.dialect() {
            Dialect::Sqlite => {
                "SELECT sid, phone <> '' FROM texts WHERE sid IN (SELECT value FROM json_each($1))"
            }
            Dialect::Postgres => {
                "SELECT sid, phone <> '' FROM texts
                 WHERE sid IN (SELECT jsonb_array_elements_text(CAST($1 AS JSONB)))"
            }
        };
        let sids = serde_json::Value::from(sids_given.to_vec()).to_string();
        let known = fetch_all!(tx, (String, bool), sql, &sids)?;
        let read = |kept| if kept { Known::Kept } else { Known::Forgotten };
        let erased = erased::erased_of(&mut tx, sids_given).await?;
        let erased = erased.into_iter().map(|sid| (sid, Known::Forgotten));
        let known = known.into_iter().map(|(sid, kept)| (sid, read(kept)));
        Ok(known.chain(erased).collect())
    }

    /// The attempts of a text, first to last.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn attempts(&self, sid: &MessageSid) -> LedgerResult<Vec<Attempt>> {
        let mut tx = self.read("attempts").await?;
        let rows = fetch_all!(
            tx,
            AttemptRecord,
            "SELECT number, started_at, ended_at, outcome, error, http_status, problem, transaction_id
             FROM attempts WHERE sid = $1 ORDER BY number",
            sid.as_str(),
        )?;
        Ok(rows.into_iter().map(Attempt::from).collect())
    }

    /// Whether the ledger knows this post as another text's.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn is_known_post(&self, post_id: &str, except: &MessageSid) -> LedgerResult<bool> {
        let mut tx = self.read("is_known_post").await?;
        let sql = "SELECT sid FROM texts WHERE post_id = $1 AND sid <> $2";
        let row = fetch_optional!(tx, (String,), sql, post_id, except.as_str())?;
        Ok(row.is_some())
    }

    /// Every text that a worker holds, dead or alive, with the name of the claim.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn held_texts(&self) -> LedgerResult<Vec<(MessageSid, String)>> {
        let mut tx = self.read("held_texts").await?;
        let rows = fetch_all!(
            tx,
            (String, String),
            "SELECT sid, lease_owner FROM texts
             WHERE next_attempt_at IS NOT NULL AND lease_owner IS NOT NULL"
        )?;
        let held = rows.into_iter();
        held.map(|(sid, owner)| Ok((read_sid(&sid)?, owner)))
            .collect()
    }

    /// How many posts of a phone are pending.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn open_posts(&self, phone: &Phone) -> LedgerResult<u32> {
        let mut tx = self.read("open_posts").await?;
        let row = fetch_optional!(
            tx,
            (i64,),
            "SELECT COUNT(*) FROM texts WHERE phone = $1 AND kind = 'post'
                 AND state IN ('received', 'waiting', 'publishing', 'in_doubt')",
            phone.as_str(),
        )?;
        Ok(row.map_or(0, |(open,)| count(open)))
    }

    /// The last text of a phone before `arrival` that is on X or may still get there.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn last_post(&self, phone: &Phone, arrival: i64) -> LedgerResult<Option<Text>> {
        let mut tx = self.read("last_post").await?;
        let row = fetch_optional!(
            tx,
            TextRecord,
            "SELECT * FROM texts WHERE phone = $1 AND arrival < $2 AND kind = 'post' AND undone_at IS NULL
                 AND state IN ('received', 'waiting', 'publishing', 'in_doubt', 'published')
             ORDER BY arrival DESC LIMIT 1",
            phone.as_str(),
            arrival,
        )?;
        row.map(Text::try_from).transpose()
    }

    /// The last text of a phone before `arrival` that is in doubt and that nothing is due for.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn last_unresolved(&self, phone: &Phone, arrival: i64) -> LedgerResult<Option<Text>> {
        let mut tx = self.read("last_unresolved").await?;
        let row = fetch_optional!(
            tx,
            TextRecord,
            "SELECT * FROM texts WHERE phone = $1 AND arrival < $2 AND state = 'in_doubt' AND next_attempt_at IS NULL
             ORDER BY arrival DESC LIMIT 1",
            phone.as_str(),
            arrival,
        )?;
        row.map(Text::try_from).transpose()
    }
}
