//! The first step of an erasure: nothing more is done for the number, and X is asked to revoke its tokens.

use birdcall_domain::{
    clock::Timestamp,
    erasing::{Erasing, Erasure},
    phone::Phone,
};

use super::rows;
use crate::{
    Ledger, LedgerResult, Tx,
    accounts::discard_unknown_to_x,
    audit::{self, By},
    blocked,
    inbox_lock::lock_inbox,
    lanes,
    queue::delete_jobs,
    revocations::{self, Discarded},
    transaction::{execute, fetch_all, fetch_optional},
};

impl Ledger {
    /// Begins to erase what is known of a number, or finds that it was begun. `mark` is a keyed hash of the number
    /// ([`crate::erased::Marks`]). [`Ledger::erase_more`] does the rest.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`]; nothing was changed.
    pub async fn begin_erasure(
        &self,
        phone: &Phone,
        mark: &str,
        by: By<'_>,
        now: Timestamp,
    ) -> LedgerResult<Erasing> {
        let mut tx = self.write("begin_erasure").await?;
        // A text that is being taken in right now comes before the erasure, and is erased.
        lock_inbox(&mut tx).await?;
        let number = phone.as_str();
        if !is_known(&mut tx, phone).await? {
            return Ok(Erasing::Unknown);
        }
        lanes::lock(&mut tx, phone, now).await?;
        if blocked::is_blocked(&mut tx, phone).await? {
            return Ok(Erasing::Blocked);
        }
        let sql = "SELECT id FROM erasures WHERE phone = $1";
        if let Some((id,)) = fetch_optional!(tx, (String,), sql, number)? {
            return Ok(Erasing::UnderWay { id });
        }
        let was_linked = end_account(&mut tx, phone, now).await?;
        end_sign_ins(&mut tx, phone, now).await?;
        let sql = "DELETE FROM operator_reveals WHERE subject IN (SELECT id FROM people WHERE phone = $1)";
        execute!(tx, sql, number)?;
        let sql = "DELETE FROM people WHERE phone = $1";
        execute!(tx, sql, number)?;
        let sql = "DELETE FROM replay_runs WHERE phone = $1";
        execute!(tx, sql, number)?;
        // Clocks differ, so the last row says how far this goes.
        let sql = "SELECT MAX(arrival) FROM texts WHERE phone = $1";
        let last = fetch_optional!(tx, (Option<i64>,), sql, number)?.and_then(|(at,)| at);
        let texts_up_to = last.unwrap_or_default().max(now.0 * 1000);
        let sql = "SELECT MAX(created_at) FROM replies WHERE phone = $1";
        let last = fetch_optional!(tx, (Option<i64>,), sql, number)?.and_then(|(at,)| at);
        let replies_up_to = last.unwrap_or_default().max(now.0);
        let (waited, on_their_way) = end_open(&mut tx, phone, now).await?;
        execute!(
            tx,
            "INSERT INTO erasures (id, phone, mark, begun_at, texts_up_to, replies_up_to)
             VALUES ($1, $2, $3, $4, $5, $6)",
            by.audit_id,
            number,
            mark,
            now.0,
            texts_up_to,
            replies_up_to,
        )?;
        let erasing = Erasing::Begun(Erasure {
            id: by.audit_id.to_owned(),
            was_linked,
            waited,
            on_their_way,
        });
        let (subject, detail) = (phone.masked(), erasing.words());
        audit::record_by(&mut tx, by, "erase", &subject, &detail, now).await?;
        tx.commit().await?;
        Ok(erasing)
    }
}

/// Whether any row names the number.
async fn is_known(tx: &mut Tx, phone: &Phone) -> LedgerResult<bool> {
    let row = fetch_optional!(
        tx,
        (bool,),
        "SELECT EXISTS (SELECT 1 FROM texts WHERE phone = $1)
             OR EXISTS (SELECT 1 FROM replies WHERE phone = $1)
             OR EXISTS (SELECT 1 FROM accounts WHERE phone = $1)
             OR EXISTS (SELECT 1 FROM authorizations WHERE phone = $1)
             OR EXISTS (SELECT 1 FROM lanes WHERE phone = $1)
             OR EXISTS (SELECT 1 FROM replay_runs WHERE phone = $1)
             OR EXISTS (SELECT 1 FROM people WHERE phone = $1)
             OR EXISTS (SELECT 1 FROM blocked_numbers WHERE phone = $1)",
        phone.as_str(),
    )?;
    Ok(row.is_some_and(|(known,)| known))
}

/// `false`: the number was not linked.
async fn end_account(tx: &mut Tx, phone: &Phone, now: Timestamp) -> LedgerResult<bool> {
    discard_unknown_to_x(tx, phone, None, now).await?;
    let sql = "DELETE FROM accounts WHERE phone = $1 RETURNING id";
    let Some((id,)) = fetch_optional!(tx, (String,), sql, phone.as_str())? else {
        return Ok(false);
    };
    let sql = "DELETE FROM operator_reveals WHERE subject = $1";
    execute!(tx, sql, &id)?;
    // The pair that X still has to revoke keeps its job, which has another id.
    delete_jobs(tx, &[id]).await?;
    Ok(true)
}

/// What X granted, and nobody has confirmed yet, is revoked as well: its row holds the handle.
async fn end_sign_ins(tx: &mut Tx, phone: &Phone, now: Timestamp) -> LedgerResult<()> {
    let grants = fetch_all!(
        tx,
        (String, String, String),
        "DELETE FROM grants WHERE state_hash IN (SELECT state_hash FROM authorizations WHERE phone = $1)
         RETURNING account_id, access_token, refresh_token",
        phone.as_str(),
    )?;
    for (account_id, access_token, refresh_token) in grants {
        let pair = Discarded {
            account_id: &account_id,
            version: 0,
            access_token: &access_token,
            refresh_token: &refresh_token,
        };
        revocations::add(tx, pair, now).await?;
    }
    let sql = "DELETE FROM authorizations WHERE phone = $1";
    execute!(tx, sql, phone.as_str())?;
    Ok(())
}

/// Erases what is still to be done, so that no worker takes it up. Returns how many posts waited, and how many were
/// being made.
async fn end_open(tx: &mut Tx, phone: &Phone, now: Timestamp) -> LedgerResult<(u64, u64)> {
    let number = phone.as_str();
    let open = fetch_all!(
        tx,
        (String, String, bool),
        "SELECT sid, kind, state = 'publishing' AND COALESCE(lease_until, 0) > $2 FROM texts
         WHERE phone = $1 AND next_attempt_at IS NOT NULL",
        number,
        now.0,
    )?;
    let (mut waited, mut on_their_way) = (0, 0);
    for (_, kind, is_being_posted) in &open {
        match (kind.as_str(), is_being_posted) {
            (_, true) => on_their_way += 1,
            ("post", false) => waited += 1,
            _ => {}
        }
    }
    let sids: Vec<String> = open.into_iter().map(|(sid, ..)| sid).collect();
    rows::erase_texts(tx, &sids, now).await?;
    let sql = "SELECT id FROM replies WHERE phone = $1 AND next_attempt_at IS NOT NULL";
    let replies = fetch_all!(tx, (String,), sql, number)?;
    let replies: Vec<String> = replies.into_iter().map(|(id,)| id).collect();
    rows::erase_replies(tx, &replies, now).await?;
    Ok((waited, on_their_way))
}
