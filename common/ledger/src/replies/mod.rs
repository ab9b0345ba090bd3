//! Replies: the table, and the typed value that everybody else sees.

mod by_hand;
mod deliveries;
mod insert;
mod list;
mod select;
mod work;

use birdcall_domain::{
    clock::Timestamp,
    phone::Phone,
    reply::{Progress, Purpose, ReplyState},
    sms::Encoding,
    text::MessageSid,
};
pub use by_hand::ByHand;
pub(crate) use insert::{exists, insert};
pub(crate) use list::COUNTS;
pub use select::ReplyFilter;
pub(crate) use select::{list_sql, total_sql};
pub use work::{ClaimedReply, ReplyLimits};

use crate::{
    LedgerError, LedgerResult,
    lease::Claimed,
    stored::{count, known, moment},
    texts::read_sid,
};

/// A reply.
#[derive(Clone)]
pub struct Reply {
    /// Names what it answers.
    pub id: String,
    /// The text that it answers, if it answers one.
    pub text_sid: Option<MessageSid>,
    /// The recipient; `None` once the number is forgotten.
    pub to: Option<Phone>,
    /// What it says, with what is worth stealing of a sign-in link hidden; empty once it is forgotten.
    pub body: String,
    /// When its sign-in link was issued, if it has one.
    pub link_issued_at: Option<Timestamp>,
    /// What it is for.
    pub purpose: Purpose,
    /// The alphabet that it needs.
    pub encoding: Encoding,
    /// The SMS segments that it takes.
    pub segments: u32,
    /// How far it has come.
    pub progress: Progress,
    /// Twilio's sid.
    pub twilio_sid: Option<String>,
    /// Twilio's delivery state, as Twilio named it.
    pub delivery: Option<String>,
    /// When Twilio reported it.
    pub delivery_at: Option<Timestamp>,
    /// Twilio's error code.
    pub error_code: Option<u32>,
    /// The reason for a failure, in words.
    pub error: Option<String>,
    /// When it was written.
    pub created_at: Timestamp,
    /// When it is due; `None` when nothing more is going to happen.
    pub next_attempt_at: Option<Timestamp>,
    /// Claims since it was last settled.
    pub claims: u32,
    /// Calls that were announced.
    pub attempts: u32,
    /// How often it was sent again because it was not delivered.
    pub resends: u32,
    /// When the last call was announced.
    pub sent_at: Option<Timestamp>,
    /// When the window of its number has room for it, if it had to wait for that.
    pub turn_at: Option<Timestamp>,
}

impl Reply {
    /// The recipient.
    ///
    /// # Errors
    ///
    /// The number is forgotten: such a reply is not worked on.
    pub fn recipient(&self) -> LedgerResult<&Phone> {
        self.to.as_ref().ok_or_else(|| {
            LedgerError::Inconsistent("a reply to work on has no phone number".to_owned())
        })
    }
}

impl Claimed for Reply {
    const TABLE: &'static str = "replies";
    const ID: &'static str = "id";
    const ARMED: &'static str = "sending";

    fn id(&self) -> &str {
        &self.id
    }
}

/// A row of `replies`.
#[derive(sqlx::FromRow)]
pub(crate) struct ReplyRecord {
    id: String,
    text_sid: Option<String>,
    phone: String,
    body: String,
    link_issued_at: Option<i64>,
    purpose: String,
    encoding: String,
    segments: i64,
    state: String,
    twilio_sid: Option<String>,
    #[sqlx(default)]
    delivery: Option<String>,
    #[sqlx(default)]
    delivery_at: Option<i64>,
    error_code: Option<i64>,
    error: Option<String>,
    created_at: i64,
    deadline_at: i64,
    next_attempt_at: Option<i64>,
    claims: i64,
    failures: i64,
    attempts: i64,
    checks: i64,
    resends: i64,
    sent_at: Option<i64>,
    turn_at: Option<i64>,
}

impl TryFrom<ReplyRecord> for Reply {
    type Error = LedgerError;

    fn try_from(row: ReplyRecord) -> LedgerResult<Self> {
        let to = match row.phone.as_str() {
            "" => None,
            phone => Some(known("replies.phone", phone, |phone| phone.parse().ok())?),
        };
        Ok(Self {
            text_sid: row.text_sid.as_deref().map(read_sid).transpose()?,
            to,
            purpose: known("replies.purpose", &row.purpose, Purpose::parse)?,
            encoding: known("replies.encoding", &row.encoding, Encoding::parse)?,
            segments: count(row.segments),
            progress: Progress {
                state: known("replies.state", &row.state, ReplyState::parse)?,
                deadline_at: Timestamp(row.deadline_at),
                failures: count(row.failures),
                checks: count(row.checks),
            },
            id: row.id,
            body: row.body,
            link_issued_at: moment(row.link_issued_at),
            twilio_sid: row.twilio_sid,
            delivery: row.delivery,
            delivery_at: moment(row.delivery_at),
            error_code: row.error_code.map(count),
            error: row.error,
            created_at: Timestamp(row.created_at),
            next_attempt_at: moment(row.next_attempt_at),
            claims: count(row.claims),
            attempts: count(row.attempts),
            resends: count(row.resends),
            sent_at: moment(row.sent_at),
            turn_at: moment(row.turn_at),
        })
    }
}
