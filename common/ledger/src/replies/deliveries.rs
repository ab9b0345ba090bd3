//! What Twilio reports of our messages, in the order in which it happens to arrive.

use birdcall_domain::{
    clock::Timestamp,
    reply::{Delivery, StatusUpdate, delivery_error, resend_after},
};

use crate::{
    Ledger, LedgerResult, Tx, erased, lanes,
    queue::{self, Job},
    stored::{count, known},
    transaction::{execute, fetch_optional},
};

/// The recipient replied STOP.
const OPTED_OUT: u32 = 21610;

impl Ledger {
    /// Records a status callback. A later state is never overwritten by an earlier one. A callback
    /// that names the reply (`reply_id`, from the callback's address) also proves that a call of
    /// unknown outcome got through. `false`: it is not news.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`]; Twilio is told to come again.
    pub async fn record_delivery(
        &self,
        update: &StatusUpdate,
        reply_id: Option<&str>,
        now: Timestamp,
    ) -> LedgerResult<bool> {
        let mut tx = self.write("record_delivery").await?;
        // A report about an erased reply names a message to its number.
        let names = [Some(update.sid.as_str()), reply_id];
        for name in names.into_iter().flatten() {
            if erased::is_erased(&mut tx, name).await? {
                return Ok(false);
            }
        }
        // The lane before the reply, as everybody locks them.
        let sql =
            "SELECT phone FROM replies WHERE (twilio_sid = $1 OR id = $2) AND phone <> '' LIMIT 1";
        let about = fetch_optional!(tx, (String,), sql, &update.sid, reply_id)?;
        if let Some((phone,)) = about {
            let phone = known("replies.phone", &phone, |phone| phone.parse().ok())?;
            lanes::lock(&mut tx, &phone, now).await?;
        }
        let recorded = execute!(
            tx,
            "INSERT INTO deliveries (twilio_sid, status, rank, error_code, updated_at) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (twilio_sid) DO UPDATE SET status = $2, rank = $3, error_code = $4, updated_at = $5
             WHERE deliveries.rank < $3",
            &update.sid,
            &update.status,
            Delivery::rank(&update.status),
            update.error_code.map(i64::from),
            now.0,
        )?;
        // Only the first news of a message proves anything: a late report of an earlier message says
        // nothing of the one that is being sent again.
        if recorded > 0
            && let Some(reply_id) = reply_id
        {
            execute!(
                tx,
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

/// Notes why a reply did not arrive, and sends it again where that may help.
async fn undelivered(tx: &mut Tx, twilio_sid: &str, code: u32, now: Timestamp) -> LedgerResult<()> {
    execute!(
        tx,
        "UPDATE replies SET error_code = $2, error = $3 WHERE twilio_sid = $1",
        twilio_sid,
        i64::from(code),
        delivery_error(code),
    )?;
    // The phone had opted out when the message was sent. It may have opted in since.
    if code == OPTED_OUT {
        execute!(
            tx,
            "UPDATE lanes SET opted_out = 1, opted_at = reply.at
             FROM (SELECT phone, COALESCE(sent_at, 0) * 1000 AS at FROM replies WHERE twilio_sid = $1) AS reply
             WHERE lanes.phone = reply.phone AND lanes.opted_at <= reply.at",
            twilio_sid,
        )?;
    }
    let sent = fetch_optional!(
        tx,
        (String, i64),
        "SELECT id, resends FROM replies WHERE twilio_sid = $1 AND state = 'sent' AND phone <> ''",
        twilio_sid,
    )?;
    let Some((id, resends)) = sent else {
        return Ok(());
    };
    let Some(delay) = resend_after(code, count(resends)) else {
        return Ok(());
    };
    let at = now + delay;
    let again = execute!(
        tx,
        "UPDATE replies SET state = 'queued', twilio_sid = NULL, resends = resends + 1, next_attempt_at = $2,
             woken_at = 0
         WHERE id = $1 AND twilio_sid = $3 AND state = 'sent' AND resends = $4 AND deadline_at > $2",
        &id,
        at.0,
        twilio_sid,
        resends,
    )?;
    if again > 0 {
        queue::push(tx, &Job::reply(&id), at, now).await?;
    }
    Ok(())
}
