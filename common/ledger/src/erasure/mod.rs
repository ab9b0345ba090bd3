//! Erasing a number: everything that the ledger has of it goes, and nothing readable is left in the file.
//!
//! 1. [`Ledger::begin_erasure`], in one transaction: the account, its sign-ins and everything that is still to be done
//!    for the number go. X is asked later to revoke the tokens, which wait sealed in a row that names no number. A worker
//!    that holds a text or a reply of the number loses it: it settles nothing and nothing is told.
//! 2. [`Ledger::erase_more`], again and again: the other texts and replies, some at a time, so that no webhook waits for
//!    long. A process that dies between two leaves a row that says that the erasure is not over; a worker's sweep goes
//!    on with it.
//! 3. [`Ledger::clean_file`]: SQLite overwrites what it deletes (`secure_delete`), and empties its write-ahead log.
//!
//! `\STOP` keeps the sids of texts, so that a late text or a repeated webhook changes nothing. An erasure keeps hashes of
//! them, and of the number ([`crate::erased`]).

mod begin;
mod file;
mod rows;

use birdcall_domain::{clock::Timestamp, phone::Phone};

use crate::{
    Dialect, Ledger, LedgerResult, lanes,
    stored::known,
    transaction::{execute, fetch_all, fetch_optional},
};

/// The number of texts, or of replies, that one transaction erases, and so how long it holds the write lock.
pub const ERASED_AT_ONCE: i64 = 100;

/// What one step of an erasure did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErasureStep {
    /// This many texts and replies went, and there may be more.
    Some(u64),
    /// Nothing of the number is left in the tables.
    Done,
}

/// A number whose erasure is not over.
#[derive(sqlx::FromRow)]
struct ErasureRecord {
    phone: String,
    texts_up_to: i64,
    replies_up_to: i64,
}

impl Ledger {
    /// Carries an erasure on: one short transaction.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`]; a later step makes up for it.
    pub async fn erase_more(&self, id: &str, now: Timestamp) -> LedgerResult<ErasureStep> {
        let mut tx = self.write("erase_more").await?;
        let sql =
            "SELECT phone, texts_up_to, replies_up_to FROM erasures WHERE id = $1 AND phone <> ''";
        let Some(row) = fetch_optional!(tx, ErasureRecord, sql, id)? else {
            return Ok(ErasureStep::Done);
        };
        let phone: Phone = known("erasures.phone", &row.phone, |phone| phone.parse().ok())?;
        lanes::lock(&mut tx, &phone, now).await?;
        let sids = fetch_all!(
            tx,
            (String,),
            "SELECT sid FROM texts WHERE phone = $1 AND arrival <= $2 ORDER BY arrival LIMIT $3",
            &row.phone,
            row.texts_up_to,
            ERASED_AT_ONCE,
        )?;
        let sids: Vec<String> = sids.into_iter().map(|(sid,)| sid).collect();
        let mut gone = rows::erase_texts(&mut tx, &sids, now).await?;
        if sids.is_empty() {
            let ids = fetch_all!(
                tx,
                (String,),
                "SELECT id FROM replies WHERE phone = $1 AND created_at <= $2 ORDER BY created_at LIMIT $3",
                &row.phone,
                row.replies_up_to,
                ERASED_AT_ONCE,
            )?;
            let ids: Vec<String> = ids.into_iter().map(|(id,)| id).collect();
            gone = rows::erase_replies(&mut tx, &ids, now).await?;
            if ids.is_empty() {
                drop(tx);
                return self.finish_erasure(id, &phone, now).await;
            }
        }
        tx.commit().await?;
        Ok(ErasureStep::Some(gone))
    }

    /// The erasures that are not over, the oldest first.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn open_erasures(&self) -> LedgerResult<Vec<String>> {
        let mut tx = self.read("open_erasures").await?;
        let sql = "SELECT id FROM erasures WHERE phone <> '' ORDER BY begun_at, id";
        let rows = fetch_all!(tx, (String,), sql)?;
        Ok(rows.into_iter().map(|(id,)| id).collect())
    }
}

impl Ledger {
    /// Nothing of the number is left but what operators wrote of it, and the erasure's own row, which names it last.
    /// What the number texted since the erasure began is a new number's, and keeps the lane.
    async fn finish_erasure(
        &self,
        id: &str,
        phone: &Phone,
        now: Timestamp,
    ) -> LedgerResult<ErasureStep> {
        // The whole audit is read, so nobody waits for this.
        let mut tx = self.read("audit_that_names").await?;
        let sql = match tx.dialect() {
            Dialect::Sqlite => {
                "SELECT id FROM audit WHERE INSTR(reason, $1) > 0 OR INSTR(detail, $1) > 0 LIMIT $2"
            }
            Dialect::Postgres => {
                "SELECT id FROM audit WHERE STRPOS(reason, $1) > 0 OR STRPOS(detail, $1) > 0 LIMIT $2"
            }
        };
        let naming = fetch_all!(tx, (String,), sql, phone.as_str(), ERASED_AT_ONCE)?;
        drop(tx);
        let mut tx = self.write("finish_erasure").await?;
        lanes::lock(&mut tx, phone, now).await?;
        for (entry,) in &naming {
            execute!(
                tx,
                "UPDATE audit SET reason = REPLACE(reason, $2, $3), detail = REPLACE(detail, $2, $3) WHERE id = $1",
                entry,
                phone.as_str(),
                phone.masked(),
            )?;
        }
        if naming.is_empty() {
            execute!(
                tx,
                "DELETE FROM lanes WHERE phone = $1
                     AND NOT EXISTS (SELECT 1 FROM texts WHERE texts.phone = $1)
                     AND NOT EXISTS (SELECT 1 FROM replies WHERE replies.phone = $1)
                     AND NOT EXISTS (SELECT 1 FROM authorizations WHERE authorizations.phone = $1)
                     AND NOT EXISTS (SELECT 1 FROM accounts WHERE accounts.phone = $1)",
                phone.as_str(),
            )?;
            let sql =
                "UPDATE erasures SET phone = '', rows_gone_at = $2 WHERE id = $1 AND phone <> ''";
            execute!(tx, sql, id, now.0)?;
        }
        tx.commit().await?;
        Ok(match naming.len() {
            0 => ErasureStep::Done,
            // They are no texts.
            _ => ErasureStep::Some(0),
        })
    }
}
