//! Forgetting: what `\STOP` deletes, and when the last trace of the number goes.
//!
//! 1. [`number_of`], in the transaction that settles the `\STOP`: account, sign-ins, attempts,
//!    replies and the contents of every text. A text keeps its sid and its final state, so that a
//!    webhook that Twilio repeats does not bring it back.
//! 2. [`after_goodbye`], when the confirmation was sent or given up: the number on the `\STOP`
//!    itself, on its confirmation, and the phone's lane. An opt-out is kept, because it says not to
//!    text the number, and so are a block and the number's place on the list of people.
//! 3. [`Ledger::forget_goodbyes`], by the sweep: the same for a confirmation that a status callback
//!    proved to be sent.

use birdcall_domain::{
    account::Revocation,
    clock::Timestamp,
    command::{Command, Intent, intent},
    text::Kind,
};

use crate::{
    Ledger, LedgerResult, Tx,
    accounts::discard_unknown_to_x,
    audit,
    audit::Deed,
    people,
    queue::{self, Job},
    stored::known,
    texts::{Text, read_sid},
    transaction::{execute, fetch_all},
};

/// What X was told before a number's account is deleted.
#[derive(Clone, Copy)]
pub(crate) struct Told<'a> {
    /// What happened.
    pub(crate) revocation: Revocation,
    /// The account whose tokens X was to revoke, and their version.
    pub(crate) pair: Option<(&'a str, i64)>,
}

/// Deletes what is known of the number that texted `stop`. The `\STOP` itself is still open; its
/// settling says so. What the number texted after it is the text of a new number: it is answered
/// with the link and not posted.
pub(crate) async fn number_of(
    tx: &mut Tx,
    stop: &Text,
    audit_id: &str,
    told: Told<'_>,
    now: Timestamp,
) -> LedgerResult<()> {
    let (phone, sid) = (stop.phone()?, stop.sid.as_str());
    let number = phone.as_str();
    // What X was told about is gone, or its owner is told that it may not be. A pair that came since
    // is nobody's.
    discard_unknown_to_x(tx, phone, told.pair, now).await?;
    execute!(
        tx,
        "DELETE FROM attempts WHERE sid IN (SELECT sid FROM texts WHERE phone = $1)",
        number
    )?;
    execute!(tx, "DELETE FROM replies WHERE phone = $1", number)?;
    let later = fetch_all!(
        tx,
        (String, String, String),
        "SELECT sid, kind, body FROM texts WHERE phone = $1 AND sid <> $2 AND next_attempt_at IS NOT NULL
             AND arrival > (SELECT arrival FROM texts WHERE sid = $2)",
        number,
        sid,
    )?;
    for (later, kind, body) in later {
        // Who texts `\STOP` twice wants no link: the confirmation of the first one is the answer.
        let command = known("texts.kind", &kind, Kind::parse)? == Kind::Command;
        if command && intent(&body, None) == Intent::Command(Command::Stop) {
            continue;
        }
        execute!(
            tx,
            "UPDATE texts SET kind = 'sign_in', body = '', state = 'received', reason = NULL, next_attempt_at = $2,
                 woken_at = $2, lease_owner = NULL, lease_until = NULL, error = NULL
             WHERE sid = $1",
            &later,
            now.0,
        )?;
        queue::push(tx, &Job::reauth(&read_sid(&later)?), now, now).await?;
    }
    execute!(
        tx,
        "UPDATE texts SET phone = '', body = '', service_number = '', error = NULL, next_attempt_at = NULL,
             lease_owner = NULL, lease_until = NULL,
             state = CASE WHEN state IN ('received', 'waiting', 'publishing', 'in_doubt') THEN 'refused' ELSE state END,
             reason = CASE WHEN state IN ('received', 'waiting', 'publishing', 'in_doubt') THEN 'undone' ELSE reason END
         WHERE phone = $1 AND sid <> $2 AND kind <> 'sign_in'",
        number,
        sid,
    )?;
    // A first text that was answered has only its number left to forget.
    execute!(
        tx,
        "UPDATE texts SET phone = '', body = '', service_number = '', error = NULL
         WHERE phone = $1 AND sid <> $2 AND next_attempt_at IS NULL",
        number,
        sid,
    )?;
    execute!(tx, "DELETE FROM authorizations WHERE phone = $1", number)?;
    // A replay of this number's texts has nothing left to do.
    execute!(tx, "DELETE FROM replay_runs WHERE phone = $1", number)?;
    execute!(tx, "DELETE FROM accounts WHERE phone = $1", number)?;
    people::note_stop(tx, phone, now).await?;
    let deed = Deed {
        actor: "phone",
        action: "stop",
        subject: &phone.masked(),
        detail: &format!("data deleted; {}", told.revocation.words()),
    };
    audit::record(tx, audit_id, deed, now).await
}

/// Forgets the number of a confirmation of `\STOP`, and of the `\STOP` that it answers.
pub(crate) async fn after_goodbye(
    tx: &mut Tx,
    reply_id: &str,
    text_sid: Option<&str>,
) -> LedgerResult<()> {
    // The lane first, as everybody locks them.
    execute!(
        tx,
        "DELETE FROM lanes WHERE opted_out = 0 AND phone = (SELECT phone FROM texts WHERE sid = $1)",
        text_sid
    )?;
    execute!(
        tx,
        "UPDATE texts SET phone = '', body = '', service_number = '' WHERE sid = $1",
        text_sid
    )?;
    execute!(
        tx,
        "UPDATE replies SET body = '', phone = '' WHERE id = $1",
        reply_id
    )?;
    Ok(())
}

impl Ledger {
    /// Forgets the numbers of confirmations of `\STOP` that nothing more is going to happen with.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn forget_goodbyes(&self) -> LedgerResult<()> {
        let mut tx = self.read("goodbyes").await?;
        let over = fetch_all!(
            tx,
            (String, Option<String>),
            "SELECT id, text_sid FROM replies WHERE purpose = 'goodbye' AND phone <> '' AND next_attempt_at IS NULL",
        )?;
        drop(tx);
        for (id, text_sid) in over {
            let mut tx = self.write("forget_goodbye").await?;
            after_goodbye(&mut tx, &id, text_sid.as_deref()).await?;
            tx.commit().await?;
        }
        Ok(())
    }
}
