//! Texts: rows, and what is read of them. What is done with them is in [`super::text_work`].

use std::collections::HashSet;

use birdcall_domain::{
    clock::Timestamp,
    phone::Phone,
    settlement::Progress,
    text::{Reason, TextState},
};
use serde::Serialize;

use super::{Ledger, LedgerResult, Tx, count, fetch_all, fetch_optional, known};

/// A text as it is stored.
#[derive(Clone, sqlx::FromRow)]
pub struct TextRow {
    /// Twilio's `MessageSid`.
    pub sid: String,
    /// The sender as Twilio named it.
    pub phone: String,
    /// Which of our numbers it was sent to.
    pub service_number: String,
    /// What it says.
    pub body: String,
    /// How many media came with it.
    pub num_media: i64,
    /// `post`, `command`, `sign_in` or `ignored`.
    pub kind: String,
    /// See [`TextState`].
    pub state: String,
    /// See [`Reason`].
    pub reason: Option<String>,
    /// Microseconds; the order of one phone's texts.
    pub arrival: i64,
    /// Unix milliseconds.
    pub received_at: i64,
    /// Unix milliseconds.
    pub deadline_at: i64,
    /// Unix milliseconds; `None` when nothing more happens by itself.
    pub next_attempt_at: Option<i64>,
    /// Who holds it.
    pub lease_owner: Option<String>,
    /// Until when.
    pub lease_until: Option<i64>,
    /// Claims since it was last settled.
    pub claims: i64,
    /// Workers that died with an armed call for it.
    pub deaths: i64,
    /// Passing failures in a row.
    pub failures: i64,
    /// Calls that were armed.
    pub attempts: i64,
    /// Timeline reads since the last unknown outcome.
    pub checks: i64,
    /// 1 when some attempt's outcome was unknown.
    pub doubted: i64,
    /// The token version that X answered 401 to.
    pub unauthorized_version: Option<i64>,
    /// How often an operator ran it again.
    pub replays: i64,
    /// X's id.
    pub post_id: Option<String>,
    /// Unix milliseconds.
    pub published_at: Option<i64>,
    /// Unix milliseconds.
    pub undone_at: Option<i64>,
    /// Why it failed, in words.
    pub error: Option<String>,
}

impl TextRow {
    /// What the pure rules need.
    ///
    /// # Errors
    ///
    /// A stored word is not one of ours.
    pub fn progress(&self) -> LedgerResult<Progress> {
        Ok(Progress {
            is_command: self.kind == "command",
            state: self.text_state()?,
            reason: self.text_reason()?,
            received_at: Timestamp(self.received_at),
            deadline_at: Timestamp(self.deadline_at),
            failures: count(self.failures),
            deaths: count(self.deaths),
            checks: count(self.checks),
            doubted: self.doubted != 0,
            unauthorized_version: self.unauthorized_version,
        })
    }

    /// Where it stands.
    ///
    /// # Errors
    ///
    /// The stored word is not one of ours.
    pub fn text_state(&self) -> LedgerResult<TextState> {
        known("texts.state", &self.state, TextState::parse)
    }

    /// Why.
    ///
    /// # Errors
    ///
    /// The stored word is not one of ours.
    pub fn text_reason(&self) -> LedgerResult<Option<Reason>> {
        self.reason
            .as_deref()
            .map(|word| known("texts.reason", word, Reason::parse))
            .transpose()
    }

    /// The sender.
    ///
    /// # Errors
    ///
    /// It is not a phone number, which only ignored texts may have.
    pub fn sender(&self) -> LedgerResult<Phone> {
        known("texts.phone", &self.phone, |phone| phone.parse().ok())
    }
}

impl Ledger {
    /// One text.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn text(&self, sid: &str) -> LedgerResult<Option<TextRow>> {
        let mut tx = self.read().await?;
        Ok(fetch_optional!(
            &mut tx,
            TextRow,
            "SELECT * FROM texts WHERE sid = $1",
            sid
        )?)
    }

    /// Texts, newest first.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn texts(&self, filter: &TextFilter) -> LedgerResult<Vec<TextRow>> {
        let mut tx = self.read().await?;
        Ok(fetch_all!(
            &mut tx,
            TextRow,
            "SELECT * FROM texts
             WHERE (CAST($1 AS TEXT) IS NULL OR phone = $1) AND (CAST($2 AS TEXT) IS NULL OR state = $2)
               AND received_at >= $3 AND (CAST($4 AS TEXT) IS NULL OR LOWER(body) LIKE '%' || LOWER($4) || '%' ESCAPE '\\')
             ORDER BY received_at DESC, arrival DESC LIMIT $5",
            filter.phone.as_ref().map(Phone::as_str),
            filter.state.map(TextState::as_str),
            filter.since.0,
            filter.contains.as_deref().map(literally),
            filter.limit,
        )?)
    }

    /// Which of these texts the ledger has not seen.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn unknown_texts(&self, sids: &[&str]) -> LedgerResult<HashSet<String>> {
        let mut tx = self.read().await?;
        let sql = match &tx {
            Tx::Sqlite(_) => {
                "SELECT value FROM json_each($1) WHERE value NOT IN (SELECT sid FROM texts)"
            }
            Tx::Postgres(..) => {
                "SELECT value FROM jsonb_array_elements_text(CAST($1 AS JSONB)) AS listed (value)
                 WHERE NOT EXISTS (SELECT 1 FROM texts WHERE sid = value)"
            }
        };
        let sids = serde_json::Value::from(sids.to_vec()).to_string();
        let unknown = fetch_all!(&mut tx, (String,), sql, &sids)?;
        Ok(unknown.into_iter().map(|(sid,)| sid).collect())
    }

    /// The attempts of a text, first to last.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn attempts(&self, sid: &str) -> LedgerResult<Vec<AttemptRow>> {
        let mut tx = self.read().await?;
        Ok(fetch_all!(
            &mut tx,
            AttemptRow,
            "SELECT number, started_at, ended_at, outcome, error FROM attempts WHERE sid = $1 ORDER BY number",
            sid,
        )?)
    }

    /// When the first attempt whose outcome was unknown began: from there the timeline is read.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn doubt_began_at(&self, sid: &str) -> LedgerResult<Option<Timestamp>> {
        let mut tx = self.read().await?;
        let row = fetch_optional!(
            &mut tx,
            (Option<i64>,),
            "SELECT MIN(started_at) FROM attempts WHERE sid = $1 AND (outcome IS NULL OR outcome = 'in_doubt')",
            sid,
        )?;
        Ok(row.and_then(|(at,)| at).map(Timestamp))
    }

    /// Which of these posts the ledger knows as other texts' posts.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn is_known_post(&self, post_id: &str, except_sid: &str) -> LedgerResult<bool> {
        let mut tx = self.read().await?;
        let row = fetch_optional!(
            &mut tx,
            (String,),
            "SELECT sid FROM texts WHERE post_id = $1 AND sid <> $2",
            post_id,
            except_sid,
        )?;
        Ok(row.is_some())
    }

    /// Every text that a worker holds, dead or alive, with the name of its claim.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn held_texts(&self) -> LedgerResult<Vec<(String, String)>> {
        let mut tx = self.read().await?;
        Ok(fetch_all!(
            &mut tx,
            (String, String),
            "SELECT sid, lease_owner FROM texts
             WHERE next_attempt_at IS NOT NULL AND lease_owner IS NOT NULL"
        )?)
    }

    /// How many texts are in each state.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn text_counts(&self) -> LedgerResult<Vec<(String, i64)>> {
        let mut tx = self.read().await?;
        Ok(fetch_all!(
            &mut tx,
            (String, i64),
            "SELECT state, COUNT(*) FROM texts GROUP BY state ORDER BY state"
        )?)
    }
}

/// A pattern of `LIKE` that means itself.
fn literally(text: &str) -> String {
    text.replace('\\', r"\\")
        .replace('%', r"\%")
        .replace('_', r"\_")
}

/// Which texts to list.
#[derive(Clone, Debug)]
pub struct TextFilter {
    /// One phone.
    pub phone: Option<Phone>,
    /// One state.
    pub state: Option<TextState>,
    /// Received at or after this.
    pub since: Timestamp,
    /// The body holds this, in any case.
    pub contains: Option<String>,
    /// At most so many.
    pub limit: i64,
}

/// A call that was armed.
#[derive(Clone, Debug, Serialize, sqlx::FromRow)]
pub struct AttemptRow {
    /// 1 is the first.
    pub number: i64,
    /// Unix milliseconds.
    pub started_at: i64,
    /// Unix milliseconds.
    pub ended_at: Option<i64>,
    /// One word.
    pub outcome: Option<String>,
    /// Why, in words.
    pub error: Option<String>,
}
