//! Puts numbers on the list of people, and takes them off.

use birdcall_domain::{
    clock::Timestamp,
    people::{Allowing, Note, Removal},
    phone::Phone,
    reply,
};

use super::NewPerson;
use crate::{
    Ledger, LedgerResult, Tx, accounts,
    audit::{self, By},
    blocked, lanes, sign_in_limits,
    transaction::execute,
};

impl Ledger {
    /// Allows a number to sign up, unless it is blocked. If it may already, a new note replaces the old one.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`]; nothing was changed.
    pub async fn allow_person(
        &self,
        person: NewPerson<'_>,
        by: By<'_>,
        now: Timestamp,
    ) -> LedgerResult<Allowing> {
        let mut tx = self.write("allow_person").await?;
        lanes::lock(&mut tx, person.phone, now).await?;
        if blocked::is_blocked(&mut tx, person.phone).await? {
            return Ok(Allowing::Blocked);
        }
        let allowing = if put_on_the_list(&mut tx, person, by, now).await? {
            Allowing::Allowed
        } else if change_note(&mut tx, person).await? {
            Allowing::NoteChanged
        } else {
            return Ok(Allowing::AlreadyAllowed);
        };
        let (subject, detail) = (person.phone.masked(), allowing.words());
        audit::record_by(&mut tx, by, "allow", &subject, detail, now).await?;
        tx.commit().await?;
        Ok(allowing)
    }

    /// Takes a number off the list. An account that it is linked to stays. A number that is not linked loses
    /// its links, and those that were not handed to Twilio yet are not sent, nor is its invitation.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`]; nothing was changed.
    pub async fn remove_person(
        &self,
        phone: &Phone,
        by: By<'_>,
        now: Timestamp,
    ) -> LedgerResult<Removal> {
        let mut tx = self.write("remove_person").await?;
        lanes::lock(&mut tx, phone, now).await?;
        if !take_off_the_list(&mut tx, phone).await? {
            return Ok(Removal::NotListed);
        }
        let removal = match accounts::state_of(&mut tx, phone).await? {
            Some(_) => Removal::RemovedAndLinked,
            None => {
                sign_in_limits::end_links(&mut tx, phone).await?;
                take_back_links(&mut tx, phone).await?;
                Removal::Removed
            }
        };
        let (subject, detail) = (phone.masked(), removal.words());
        audit::record_by(&mut tx, by, "remove", &subject, detail, now).await?;
        tx.commit().await?;
        Ok(removal)
    }
}

/// Whether the number was not on the list before. The caller holds its lane.
pub(super) async fn put_on_the_list(
    tx: &mut Tx,
    person: NewPerson<'_>,
    by: By<'_>,
    now: Timestamp,
) -> LedgerResult<bool> {
    let put = execute!(
        tx,
        "INSERT INTO people (id, phone, note, allowed_at, allowed_by)
         SELECT $1, $2, $3, CAST($4 AS BIGINT), $5
         WHERE NOT EXISTS (SELECT 1 FROM blocked_numbers WHERE blocked_numbers.phone = $2)
         ON CONFLICT (phone) DO UPDATE SET note = $3, allowed_at = $4, allowed_by = $5
         WHERE people.allowed_at IS NULL",
        person.id,
        person.phone.as_str(),
        person.note.map_or("", Note::as_str),
        now.0,
        by.actor,
    )?;
    Ok(put > 0)
}

/// Whether there is a new note.
pub(super) async fn change_note(tx: &mut Tx, person: NewPerson<'_>) -> LedgerResult<bool> {
    let Some(note) = person.note else {
        return Ok(false);
    };
    let sql = "UPDATE people SET note = $2 WHERE phone = $1 AND note <> $2";
    let changed = execute!(tx, sql, person.phone.as_str(), note.as_str())?;
    Ok(changed > 0)
}

/// Whether the number was on the list. That it texted `\STOP` is kept.
async fn take_off_the_list(tx: &mut Tx, phone: &Phone) -> LedgerResult<bool> {
    let deleted = execute!(
        tx,
        "DELETE FROM people WHERE phone = $1 AND allowed_at IS NOT NULL AND stopped_at IS NULL",
        phone.as_str(),
    )?;
    let kept = execute!(
        tx,
        "UPDATE people SET allowed_at = NULL, note = '' WHERE phone = $1 AND allowed_at IS NOT NULL",
        phone.as_str(),
    )?;
    Ok(deleted + kept > 0)
}

/// What was to be texted about a sign-in, such as an invitation, and was not handed to Twilio, is not sent: its link
/// is dead. A worker that holds it has not called Twilio, and loses it.
async fn take_back_links(tx: &mut Tx, phone: &Phone) -> LedgerResult<()> {
    execute!(
        tx,
        "UPDATE replies SET state = 'suppressed', error = $2, next_attempt_at = NULL, lease_owner = NULL,
             lease_until = NULL, turn_at = NULL
         WHERE phone = $1 AND sign_in = 1 AND state = 'queued' AND next_attempt_at IS NOT NULL",
        phone.as_str(),
        reply::UNINVITED,
    )?;
    Ok(())
}
