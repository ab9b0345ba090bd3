//! Invites numbers: the number may sign up, and the sign-in link is texted to it.

use std::time::Duration;

use birdcall_domain::{
    clock::Timestamp,
    people::{Inviting, Known, invite},
    phone::Phone,
};

use super::{
    NewPerson, NewReply,
    change::{change_note, put_on_the_list},
};
use crate::{
    Ledger, LedgerResult, Tx, accounts,
    audit::{self, By},
    blocked, lanes, replies, sign_in_limits,
    transaction::{execute, fetch_optional},
};

/// An invitation that is not in the ledger yet.
pub struct Invitation<'a> {
    /// The number, and the note about it.
    pub person: NewPerson<'a>,
    /// The reply to it, with the sign-in link. Its id is [`super::invitation_id`].
    pub reply: &'a NewReply,
    /// `INVITE_AGAIN_AFTER`.
    pub again_after: Duration,
}

impl Ledger {
    /// Puts a number on the list if it is not there, and texts it the sign-in link, all at once or not at
    /// all. What speaks against it is in [`invite`].
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`]; nothing was changed.
    pub async fn invite_person(
        &self,
        invitation: Invitation<'_>,
        by: By<'_>,
        now: Timestamp,
    ) -> LedgerResult<Inviting> {
        let (person, reply) = (invitation.person, invitation.reply);
        let mut tx = self.write("invite_person").await?;
        // No other invitation of the number, no block and no sign-in comes between.
        lanes::lock(&mut tx, person.phone, now).await?;
        let known = known(&mut tx, reply, now).await?;
        let inviting = invite(known, reply.daily, invitation.again_after, now);
        if !inviting.changed() {
            return Ok(inviting);
        }
        if !put_on_the_list(&mut tx, person, by, now).await? {
            change_note(&mut tx, person).await?;
        }
        if !replies::insert(&mut tx, reply, now).await? {
            return Ok(Inviting::TooManyLinks);
        }
        sign_in_limits::note_stranger(&mut tx, &reply.id, now).await?;
        execute!(
            tx,
            "UPDATE people SET invited_at = $2, invited_by = $3, invitation = $4 WHERE phone = $1",
            person.phone.as_str(),
            now.0,
            by.actor,
            &reply.id,
        )?;
        let (subject, detail) = (person.phone.masked(), inviting.words());
        audit::record_by(&mut tx, by, "invite", &subject, detail, now).await?;
        tx.commit().await?;
        Ok(inviting)
    }
}

async fn known(tx: &mut Tx, reply: &NewReply, now: Timestamp) -> LedgerResult<Known> {
    let phone = &reply.phone;
    Ok(Known {
        is_blocked: blocked::is_blocked(tx, phone).await?,
        is_linked: accounts::state_of(tx, phone).await?.is_some(),
        has_opted_out: lanes::is_opted_out(tx, phone).await?,
        has_stopped: has_stopped(tx, phone).await?,
        invited_at: last_invitation(tx, phone).await?,
        answered: sign_in_limits::answered(tx, phone, reply.daily, now).await?,
    })
}

/// Whether the number texted `\STOP`: the list says so, or the confirmation is on its way.
async fn has_stopped(tx: &mut Tx, phone: &Phone) -> LedgerResult<bool> {
    let row = fetch_optional!(
        tx,
        (i64,),
        "SELECT CAST(1 AS BIGINT) AS stopped WHERE EXISTS (SELECT 1 FROM people WHERE phone = $1 AND stopped_at IS NOT NULL)
             OR EXISTS (SELECT 1 FROM replies WHERE phone = $1 AND purpose = 'goodbye' AND phone <> '')",
        phone.as_str(),
    )?;
    Ok(row.is_some())
}

/// When the last invitation was written that was texted, or may be. One whose reply was removed because of its age
/// was texted.
async fn last_invitation(tx: &mut Tx, phone: &Phone) -> LedgerResult<Option<Timestamp>> {
    let row = fetch_optional!(
        tx,
        (Option<i64>,),
        "SELECT MAX(at) FROM (SELECT created_at AS at FROM replies
             WHERE phone = $1 AND purpose = 'invitation' AND state NOT IN ('failed', 'suppressed')
             UNION ALL SELECT invited_at FROM people WHERE phone = $1 AND invitation IS NOT NULL
                 AND NOT EXISTS (SELECT 1 FROM replies WHERE replies.id = people.invitation)) AS invitations",
        phone.as_str(),
    )?;
    Ok(row.and_then(|(at,)| at).map(Timestamp))
}
