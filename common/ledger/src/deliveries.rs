//! What Twilio reports of our messages, in whatever order it arrives.

use birdcall_domain::{
    clock::Timestamp,
    outbound::{StatusUpdate, delivery_error, delivery_rank, redelivery},
};

use super::{Ledger, LedgerResult, Tx, execute, fetch_all, fetch_optional};
use crate::{jobs::Job, queue};

/// A reply that was not delivered is sent again at most so often.
const RESENDS_MAX: i64 = 1;

impl Ledger {
    /// Records a status callback. A later state is never overwritten by an earlier one; a callback
    /// that names the reply (`reply_id`, from the callback's address) also proves that a send of
    /// unknown outcome got through. `false`: nothing new.
    ///
    /// # Errors
    ///
    /// The database is not available; Twilio is told so.
    pub async fn record_delivery(
        &self,
        update: &StatusUpdate,
        reply_id: Option<&str>,
        now: Timestamp,
    ) -> LedgerResult<bool> {
        let mut tx = self.write().await?;
        let recorded = execute!(
            &mut tx,
            "INSERT INTO deliveries (twilio_sid, status, rank, error_code, updated_at) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (twilio_sid) DO UPDATE SET status = $2, rank = $3, error_code = $4, updated_at = $5
             WHERE deliveries.rank < $3",
            &update.sid,
            &update.status,
            delivery_rank(&update.status),
            update.error_code.map(i64::from),
            now.0,
        )?;
        // Only the first news of a message proves anything: a late report of an earlier one says
        // nothing of the one that is being sent again.
        if recorded > 0
            && let Some(reply_id) = reply_id
        {
            execute!(
                &mut tx,
                "UPDATE replies SET state = 'sent', twilio_sid = $2, next_attempt_at = NULL, lease_owner = NULL,
                     lease_until = NULL, claims = 0
                 WHERE id = $1 AND twilio_sid IS NULL AND state IN ('sending', 'in_doubt')",
                reply_id,
                &update.sid,
            )?;
        }
        if recorded > 0
            && let Some(code) = update.error_code
        {
            undelivered(&mut tx, &update.sid, code, now).await?;
        }
        tx.commit().await?;
        Ok(recorded > 0)
    }
}

/// Notes why a reply did not arrive, and sends it again once where that may help.
async fn undelivered(tx: &mut Tx, twilio_sid: &str, code: u32, now: Timestamp) -> LedgerResult<()> {
    execute!(
        tx,
        "UPDATE replies SET error_code = $2, error = $3 WHERE twilio_sid = $1",
        twilio_sid,
        i64::from(code),
        delivery_error(code),
    )?;
    if code == 21610 {
        execute!(
            tx,
            "UPDATE lanes SET opted_out = 1 WHERE phone = (SELECT phone FROM replies WHERE twilio_sid = $1)",
            twilio_sid,
        )?;
    }
    let Some(delay) = redelivery(code) else {
        return Ok(());
    };
    let at = now + delay;
    let again = fetch_all!(
        tx,
        (String,),
        "UPDATE replies SET state = 'queued', twilio_sid = NULL, resends = resends + 1, next_attempt_at = $2,
             woken_at = 0
         WHERE twilio_sid = $1 AND state = 'sent' AND phone <> '' AND resends < $3 AND deadline_at > $2 RETURNING id",
        twilio_sid,
        at.0,
        RESENDS_MAX,
    )?;
    for (id,) in again {
        queue::push(tx, &Job::reply(&id), at, now).await?;
    }
    Ok(())
}

pub(super) async fn status_of(tx: &mut Tx, twilio_sid: &str) -> LedgerResult<Option<String>> {
    let row = fetch_optional!(
        tx,
        (String,),
        "SELECT status FROM deliveries WHERE twilio_sid = $1",
        twilio_sid
    )?;
    Ok(row.map(|(status,)| status))
}
