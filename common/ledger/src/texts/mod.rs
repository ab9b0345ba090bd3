//! Texts: the table, and the typed value that everybody else sees.

mod claim;
mod doubt;
mod ending;
mod filter;
mod find;
mod list;
mod list_sql;
mod settle;
mod turns;

use birdcall_domain::{
    clock::Timestamp,
    phone::{Party, Phone},
    search::Place,
    text::{Kind, MessageSid, Progress, Reason, TextState, Unauthorized},
};
pub use claim::{Arming, Claim, ClaimedText};
pub use filter::{LOOK_AT, TextFilter};
pub(crate) use find::TEXTS_WITH_SID;
pub use find::{Attempt, Known};
pub use list::Extent;
pub(crate) use list::{COUNT_ALL, COUNT_OTHERS};
pub(crate) use list_sql::{extent_sql, list_sql, literally};
pub use settle::{Settled, TextOutcome};

use crate::{
    LedgerError, LedgerResult,
    lease::Claimed,
    stored::{count, known, known_if_any, moment},
};

/// A text.
#[derive(Clone)]
pub struct Text {
    /// Twilio's `MessageSid`.
    pub sid: MessageSid,
    /// The sender.
    pub from: Party,
    /// The number of ours that it was sent to; empty once it is forgotten.
    pub service_number: String,
    /// What it says, untrimmed; empty once it is forgotten.
    pub body: String,
    /// How many media came with it.
    pub num_media: u32,
    /// The order of one phone's texts, in microseconds since the Unix epoch.
    pub arrival: i64,
    /// How far it has come.
    pub progress: Progress,
    /// The claim that holds it.
    pub lease_owner: Option<String>,
    /// The end of that claim.
    pub lease_until: Option<Timestamp>,
    /// Calls that were announced.
    pub attempts: u32,
    /// How often an operator ran it again.
    pub replays: u32,
    /// How often its owner set it going again, by `\RETRY` or by signing in.
    pub rounds: u32,
    /// The text that this command is about, once it was chosen.
    pub target_sid: Option<MessageSid>,
    /// X's id of the post.
    pub post_id: Option<String>,
    /// When it was posted.
    pub published_at: Option<Timestamp>,
    /// When its owner took it back.
    pub undone_at: Option<Timestamp>,
    /// Why its last attempt failed, in words.
    pub error: Option<String>,
}

impl Text {
    /// Its place in a list.
    #[must_use]
    pub fn place(&self) -> Place {
        Place {
            received_at: self.progress.received_at,
            arrival: self.arrival,
            sid: self.sid.clone(),
        }
    }

    /// The sender as a phone.
    ///
    /// # Errors
    ///
    /// It is not a phone: only ignored and forgotten texts have such a sender.
    pub fn phone(&self) -> LedgerResult<&Phone> {
        self.from.phone().ok_or_else(|| {
            LedgerError::Inconsistent("a text to work on has no phone number".to_owned())
        })
    }
}

impl Claimed for Text {
    const TABLE: &'static str = "texts";
    const ID: &'static str = "sid";
    const ARMED: &'static str = "publishing";

    fn id(&self) -> &str {
        self.sid.as_str()
    }
}

/// A row of `texts`.
#[derive(sqlx::FromRow)]
pub(crate) struct TextRecord {
    sid: String,
    phone: String,
    service_number: String,
    body: String,
    num_media: i64,
    kind: String,
    state: String,
    reason: Option<String>,
    arrival: i64,
    received_at: i64,
    deadline_at: i64,
    next_attempt_at: Option<i64>,
    lease_owner: Option<String>,
    lease_until: Option<i64>,
    claims: i64,
    deaths: i64,
    failures: i64,
    attempts: i64,
    checks: i64,
    look_due_at: Option<i64>,
    doubted: i64,
    unauthorized_version: Option<i64>,
    unauthorized_since: Option<i64>,
    unauthorized_last: Option<i64>,
    replays: i64,
    rounds: i64,
    target_sid: Option<String>,
    post_id: Option<String>,
    published_at: Option<i64>,
    undone_at: Option<i64>,
    error: Option<String>,
}

impl TextRecord {
    /// An older program writes the version without the times. Then the next 401 counts as the first.
    fn unauthorized(&self) -> Option<Unauthorized> {
        Some(Unauthorized {
            version: self.unauthorized_version?,
            since: moment(self.unauthorized_since)?,
            last: moment(self.unauthorized_last)?,
        })
    }
}

impl TryFrom<TextRecord> for Text {
    type Error = LedgerError;

    fn try_from(row: TextRecord) -> LedgerResult<Self> {
        Ok(Self {
            progress: Progress {
                kind: known("texts.kind", &row.kind, Kind::parse)?,
                state: known("texts.state", &row.state, TextState::parse)?,
                reason: known_if_any("texts.reason", row.reason.as_deref(), Reason::parse)?,
                received_at: Timestamp(row.received_at),
                deadline_at: Timestamp(row.deadline_at),
                next_attempt_at: moment(row.next_attempt_at),
                claims: count(row.claims),
                deaths: count(row.deaths),
                failures: count(row.failures),
                checks: count(row.checks),
                look_due_at: moment(row.look_due_at),
                doubted: row.doubted != 0,
                unauthorized: row.unauthorized(),
            },
            sid: read_sid(&row.sid)?,
            from: Party::read(&row.phone),
            service_number: row.service_number,
            body: row.body,
            num_media: count(row.num_media),
            arrival: row.arrival,
            lease_owner: row.lease_owner,
            lease_until: moment(row.lease_until),
            attempts: count(row.attempts),
            replays: count(row.replays),
            rounds: count(row.rounds),
            target_sid: row.target_sid.as_deref().map(read_sid).transpose()?,
            post_id: row.post_id,
            published_at: moment(row.published_at),
            undone_at: moment(row.undone_at),
            error: row.error,
        })
    }
}

/// A stored sid.
pub(crate) fn read_sid(sid: &str) -> LedgerResult<MessageSid> {
    known("texts.sid", sid, |sid| sid.parse().ok())
}
