//! Numbers that an operator has blocked, as when a phone was stolen. While the row is there, the texts of the
//! number are recorded and nothing else (`take_in.rs`), no reply goes out (`replies/work.rs`), and no sign-in
//! begins or ends well (`sign_in_limits.rs`, `accounts/link.rs`).

use birdcall_domain::{
    blocking::{Blocking, Unblocking},
    clock::Timestamp,
    phone::Phone,
    reply,
    text::Reason,
};

use crate::{
    Ledger, LedgerError, LedgerResult, Tx,
    accounts::{discard_unknown_to_x, end_texts},
    audit::{self, By},
    inbox_lock::lock_inbox,
    lanes, sign_in_limits,
    stored::known,
    transaction::{execute, fetch_all, fetch_optional},
};

/// A number that is blocked.
#[derive(Clone)]
pub struct BlockedNumber {
    /// What names it where its digits are not to be seen.
    pub id: String,
    /// The number.
    pub phone: Phone,
    /// Since when.
    pub blocked_at: Timestamp,
}

/// A row of `blocked_numbers`.
#[derive(sqlx::FromRow)]
struct BlockedRecord {
    id: String,
    phone: String,
    blocked_at: i64,
}

impl TryFrom<BlockedRecord> for BlockedNumber {
    type Error = LedgerError;

    fn try_from(row: BlockedRecord) -> LedgerResult<Self> {
        Ok(Self {
            id: row.id,
            phone: known("blocked_numbers.phone", &row.phone, |phone| {
                phone.parse().ok()
            })?,
            blocked_at: Timestamp(row.blocked_at),
        })
    }
}

impl Ledger {
    /// Blocks a number, linked or not, all at once: X is asked later to revoke its tokens, the account, its
    /// sign-ins and its links end, its texts that were not posted yet are refused without a word, those in
    /// doubt rest, and its replies that were not sent yet are not sent. A post or a reply that is being sent
    /// right now is settled by the worker that sends it.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`]; nothing was changed.
    pub async fn block_number(
        &self,
        phone: &Phone,
        by: By<'_>,
        now: Timestamp,
    ) -> LedgerResult<Blocking> {
        let mut tx = self.write("block_number").await?;
        // A text that is being taken in right now comes before the block, and is ended by it. Without the
        // lock, the text of a number that has no lane yet would be seen by neither.
        lock_inbox(&mut tx).await?;
        lanes::lock(&mut tx, phone, now).await?;
        let number = phone.as_str();
        let blocked = execute!(
            tx,
            "INSERT INTO blocked_numbers (phone, blocked_at, id) VALUES ($1, $2, $3) ON CONFLICT (phone) DO NOTHING",
            number,
            now.0,
            by.audit_id,
        )?;
        if blocked == 0 {
            return Ok(Blocking::AlreadyBlocked);
        }
        discard_unknown_to_x(&mut tx, phone, None, now).await?;
        end_sign_ins(&mut tx, phone, now).await?;
        let sql = "DELETE FROM accounts WHERE phone = $1";
        let was_linked = execute!(tx, sql, number)? > 0;
        let texts = end_texts(&mut tx, phone, Reason::Blocked).await?;
        end_replies(&mut tx, phone).await?;
        let blocking = Blocking::Blocked { was_linked, texts };
        let (subject, detail) = (phone.masked(), blocking.words());
        audit::record_by(&mut tx, by, "block", &subject, &detail, now).await?;
        tx.commit().await?;
        Ok(blocking)
    }

    /// Unblocks a number. What the block ended stays ended: its owner signs in again.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`]; nothing was changed.
    pub async fn unblock_number(
        &self,
        phone: &Phone,
        by: By<'_>,
        now: Timestamp,
    ) -> LedgerResult<Unblocking> {
        let mut tx = self.write("unblock_number").await?;
        let sql = "DELETE FROM blocked_numbers WHERE phone = $1";
        if execute!(tx, sql, phone.as_str())? == 0 {
            return Ok(Unblocking::NotBlocked);
        }
        let unblocked = Unblocking::Unblocked;
        let (subject, detail) = (phone.masked(), unblocked.words());
        audit::record_by(&mut tx, by, "unblock", &subject, detail, now).await?;
        tx.commit().await?;
        Ok(unblocked)
    }

    /// The numbers that are blocked, the latest first. With `before`, only those that come after that one in
    /// the list: since when it is blocked, and its id.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn blocked_numbers(
        &self,
        before: Option<&(Timestamp, String)>,
        limit: i64,
    ) -> LedgerResult<Vec<BlockedNumber>> {
        let mut tx = self.read("blocked_numbers").await?;
        let rows = fetch_all!(
            tx,
            BlockedRecord,
            "SELECT * FROM blocked_numbers
             WHERE CAST($1 AS BIGINT) IS NULL OR blocked_at < $1 OR (blocked_at = $1 AND id < $2)
             ORDER BY blocked_at DESC, id DESC LIMIT $3",
            before.map(|(at, _)| at.0),
            before.map(|(_, id)| id.as_str()),
            limit,
        )?;
        rows.into_iter().map(BlockedNumber::try_from).collect()
    }

    /// The blocked number with this id.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn blocked_number(&self, id: &str) -> LedgerResult<Option<BlockedNumber>> {
        let mut tx = self.read("blocked_number").await?;
        let sql = "SELECT * FROM blocked_numbers WHERE id = $1 LIMIT 1";
        let row = fetch_optional!(tx, BlockedRecord, sql, id)?;
        row.map(BlockedNumber::try_from).transpose()
    }

    /// The block of this number, if it is blocked.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn block_of(&self, phone: &Phone) -> LedgerResult<Option<BlockedNumber>> {
        let mut tx = self.read("block_of").await?;
        let sql = "SELECT * FROM blocked_numbers WHERE phone = $1";
        let row = fetch_optional!(tx, BlockedRecord, sql, phone.as_str())?;
        row.map(BlockedNumber::try_from).transpose()
    }

    /// Whether a number is blocked.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn is_blocked(&self, phone: &Phone) -> LedgerResult<bool> {
        let mut tx = self.read("is_blocked").await?;
        is_blocked(&mut tx, phone).await
    }
}

/// See [`Ledger::is_blocked`].
pub(crate) async fn is_blocked(tx: &mut Tx, phone: &Phone) -> LedgerResult<bool> {
    let sql = "SELECT blocked_at FROM blocked_numbers WHERE phone = $1";
    let row = fetch_optional!(tx, (i64,), sql, phone.as_str())?;
    Ok(row.is_some())
}

/// Ends every sign-in of a number. What X granted, and nobody has confirmed yet, is revoked at once.
async fn end_sign_ins(tx: &mut Tx, phone: &Phone, now: Timestamp) -> LedgerResult<()> {
    sign_in_limits::end_links(tx, phone).await?;
    execute!(
        tx,
        "UPDATE grants SET confirm_hash = NULL, revoke_at = $2
         WHERE state_hash IN (SELECT state_hash FROM authorizations WHERE phone = $1) AND revoke_at > $2",
        phone.as_str(),
        now.0,
    )?;
    let sql = "DELETE FROM authorizations WHERE phone = $1";
    execute!(tx, sql, phone.as_str())?;
    Ok(())
}

/// Ends the replies to a number that were not handed to Twilio. A worker that holds one of them has not
/// called Twilio, and loses it.
async fn end_replies(tx: &mut Tx, phone: &Phone) -> LedgerResult<()> {
    execute!(
        tx,
        "UPDATE replies SET state = 'suppressed', error = $2, next_attempt_at = NULL, lease_owner = NULL,
             lease_until = NULL, turn_at = NULL
         WHERE phone = $1 AND state = 'queued' AND next_attempt_at IS NOT NULL",
        phone.as_str(),
        reply::BLOCKED,
    )?;
    Ok(())
}
