//! Unlinking a number at an operator's word: its tokens and sign-ins are deleted, its links end, and its texts stay.
//! Nobody is texted, so what was still to be done for the number ends.

use birdcall_domain::{
    clock::Timestamp,
    command::{Command, Intent, intent},
    phone::Phone,
    text::Reason,
    unlinking::Unlinking,
};

use crate::{
    Ledger, LedgerResult, Tx,
    audit::{self, By},
    lanes,
    revocations::{self, Discarded},
    sign_in_limits,
    transaction::{execute, fetch_all, fetch_optional},
};

impl Ledger {
    /// Unlinks a number. X is asked later to revoke its tokens. Its texts that were not posted yet are
    /// refused without a word, and those in doubt rest.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`]; nothing was changed.
    pub async fn unlink(
        &self,
        phone: &Phone,
        by: By<'_>,
        now: Timestamp,
    ) -> LedgerResult<Unlinking> {
        let mut tx = self.write("unlink").await?;
        let number = phone.as_str();
        lanes::lock(&mut tx, phone, now).await?;
        discard_unknown_to_x(&mut tx, phone, None, now).await?;
        sign_in_limits::end_links(&mut tx, phone).await?;
        execute!(tx, "DELETE FROM authorizations WHERE phone = $1", number)?;
        if execute!(tx, "DELETE FROM accounts WHERE phone = $1", number)? == 0 {
            return Ok(Unlinking::NotLinked);
        }
        let texts = end_texts(&mut tx, phone, Reason::NotLinked).await?;
        let unlinking = Unlinking::Unlinked { texts };
        let (subject, detail) = (phone.masked(), unlinking.words());
        audit::record_by(&mut tx, by, "unlink", &subject, &detail, now).await?;
        tx.commit().await?;
        Ok(unlinking)
    }
}

/// Notes that X has to revoke a number's pair, unless it is the one that X was told about.
pub(crate) async fn discard_unknown_to_x(
    tx: &mut Tx,
    phone: &Phone,
    told: Option<(&str, i64)>,
    now: Timestamp,
) -> LedgerResult<()> {
    let stored = fetch_optional!(
        tx,
        (String, i64, String, String),
        "SELECT id, token_version, access_token, refresh_token FROM accounts WHERE phone = $1",
        phone.as_str(),
    )?;
    let Some((account_id, version, access_token, refresh_token)) = stored else {
        return Ok(());
    };
    if told == Some((account_id.as_str(), version)) {
        return Ok(());
    }
    let pair = Discarded {
        account_id: &account_id,
        version,
        access_token: &access_token,
        refresh_token: &refresh_token,
    };
    revocations::add(tx, pair, now).await
}

/// Ends what is still to be done for a number, for this reason, and returns how many posts that is. A post that is being made right now is settled by the
/// worker that makes it, and `\STOP` is still carried out.
pub(crate) async fn end_texts(tx: &mut Tx, phone: &Phone, reason: Reason) -> LedgerResult<u64> {
    let (number, reason) = (phone.as_str(), reason.as_str());
    let refused = execute!(
        tx,
        "UPDATE texts SET state = 'refused', reason = $2, next_attempt_at = NULL, lease_owner = NULL,
             lease_until = NULL
         WHERE phone = $1 AND kind = 'post' AND state IN ('received', 'waiting') AND next_attempt_at IS NOT NULL",
        number,
        reason,
    )?;
    // The first text of a new number is not answered any more.
    execute!(
        tx,
        "UPDATE texts SET state = 'refused', reason = $2, next_attempt_at = NULL, lease_owner = NULL,
             lease_until = NULL
         WHERE phone = $1 AND kind = 'sign_in' AND state IN ('received', 'waiting') AND next_attempt_at IS NOT NULL",
        number,
        reason,
    )?;
    execute!(
        tx,
        "UPDATE texts SET next_attempt_at = NULL, reason = CASE reason WHEN 'sign_in' THEN NULL ELSE reason END
         WHERE phone = $1 AND kind = 'post' AND state = 'in_doubt' AND next_attempt_at IS NOT NULL
             AND lease_owner IS NULL",
        number,
    )?;
    let commands = fetch_all!(
        tx,
        (String, String),
        "SELECT sid, body FROM texts WHERE phone = $1 AND kind = 'command' AND state IN ('received', 'waiting')
             AND next_attempt_at IS NOT NULL AND lease_owner IS NULL",
        number,
    )?;
    for (sid, body) in commands {
        if intent(&body, None) == Intent::Command(Command::Stop) {
            continue;
        }
        execute!(
            tx,
            "UPDATE texts SET state = 'command', reason = $2, next_attempt_at = NULL WHERE sid = $1",
            &sid,
            reason,
        )?;
    }
    Ok(refused)
}
