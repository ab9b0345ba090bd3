//! People who may sign up because an operator said so. The door (`take_in.rs`) and the sign-in pages look
//! here when the settings do not admit a number.

mod change;
mod invite;
mod list;

use birdcall_domain::{
    clock::Timestamp,
    people::Note,
    phone::Phone,
    reply::{NewReply, ReplyState},
};
pub use invite::Invitation;
pub(crate) use list::{LIST, TOTAL};
pub use list::{PeopleFilter, Place, Standing};

use crate::{
    Ledger, LedgerError, LedgerResult, Tx,
    stored::{known, known_if_any, moment},
    transaction::{execute, fetch_optional},
};

/// A person who may sign up because an operator said so.
#[derive(Clone)]
pub struct Person {
    /// Random; it never changes while the person is on the list.
    pub id: String,
    /// The number.
    pub phone: Phone,
    /// The operator's words about the person; may be empty.
    pub note: String,
    /// Since when the number may sign up.
    pub allowed_at: Timestamp,
    /// The name of the operator who said so.
    pub allowed_by: String,
    /// When the last invitation was written, if there was one.
    pub invited_at: Option<Timestamp>,
    /// The name of the operator who sent it.
    pub invited_by: Option<String>,
    /// The state of that invitation, while its reply is kept.
    pub invitation: Option<ReplyState>,
    /// Twilio's delivery state of that invitation, as Twilio named it.
    pub delivery: Option<String>,
    /// When the number texted `\STOP`, if it has not signed in since.
    pub stopped_at: Option<Timestamp>,
    /// Whether the number is linked.
    pub is_linked: bool,
    /// Whether an operator has blocked the number.
    pub is_blocked: bool,
}

/// A number that an operator allows.
#[derive(Clone, Copy)]
pub struct NewPerson<'a> {
    /// Random: its id if it is new.
    pub id: &'a str,
    /// The number.
    pub phone: &'a Phone,
    /// `None` keeps the note that there is.
    pub note: Option<&'a Note>,
}

/// A row of a list of people.
#[derive(sqlx::FromRow)]
struct PersonRecord {
    id: String,
    phone: String,
    note: String,
    allowed_at: i64,
    allowed_by: String,
    invited_at: Option<i64>,
    invited_by: Option<String>,
    stopped_at: Option<i64>,
    invitation_state: Option<String>,
    delivery: Option<String>,
    is_linked: i64,
    is_blocked: i64,
}

impl TryFrom<PersonRecord> for Person {
    type Error = LedgerError;

    fn try_from(row: PersonRecord) -> LedgerResult<Self> {
        let state = row.invitation_state.as_deref();
        Ok(Self {
            phone: known("people.phone", &row.phone, |phone| phone.parse().ok())?,
            invitation: known_if_any("replies.state", state, ReplyState::parse)?,
            id: row.id,
            note: row.note,
            allowed_at: Timestamp(row.allowed_at),
            allowed_by: row.allowed_by,
            invited_at: moment(row.invited_at),
            invited_by: row.invited_by,
            delivery: row.delivery,
            stopped_at: moment(row.stopped_at),
            is_linked: row.is_linked != 0,
            is_blocked: row.is_blocked != 0,
        })
    }
}

impl Ledger {
    /// Whether an operator allowed a number to sign up.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn may_sign_up(&self, phone: &Phone) -> LedgerResult<bool> {
        let mut tx = self.read("may_sign_up").await?;
        may_sign_up(&mut tx, phone).await
    }
}

/// See [`Ledger::may_sign_up`].
pub(crate) async fn may_sign_up(tx: &mut Tx, phone: &Phone) -> LedgerResult<bool> {
    let sql = "SELECT allowed_at FROM people WHERE phone = $1 AND allowed_at IS NOT NULL";
    let row = fetch_optional!(tx, (i64,), sql, phone.as_str())?;
    Ok(row.is_some())
}

/// Notes that a number texted `\STOP`: it may text again, and is not invited. What an operator wrote about
/// the person is deleted.
pub(crate) async fn note_stop(tx: &mut Tx, phone: &Phone, now: Timestamp) -> LedgerResult<()> {
    let sql = "UPDATE people SET note = '', invitation = NULL, stopped_at = $2 WHERE phone = $1";
    execute!(tx, sql, phone.as_str(), now.0)?;
    Ok(())
}

/// Notes that a number signed in: an earlier `\STOP` says nothing any more.
pub(crate) async fn note_sign_in(tx: &mut Tx, phone: &Phone) -> LedgerResult<()> {
    let sql = "DELETE FROM people WHERE phone = $1 AND allowed_at IS NULL";
    execute!(tx, sql, phone.as_str())?;
    let sql = "UPDATE people SET stopped_at = NULL WHERE phone = $1 AND stopped_at IS NOT NULL";
    execute!(tx, sql, phone.as_str())?;
    Ok(())
}

/// The name of a reply that invites a number. `id` is random.
#[must_use]
pub fn invitation_id(id: &str) -> String {
    format!("invitation:{id}")
}
