//! What commands read and write: `\STATUS`, `\UNDO`, `\RETRY`.

use std::time::Duration;

use birdcall_domain::clock::Timestamp;

use super::{
    Ledger, LedgerResult, count, execute, fetch_optional, lanes,
    text_work::{Next, wake_next},
    texts::TextRow,
};
use crate::{jobs::Job, queue};

impl Ledger {
    /// How many texts of a phone are not posted yet.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn open_posts(&self, phone: &str) -> LedgerResult<u32> {
        let mut tx = self.read().await?;
        let row = fetch_optional!(
            &mut tx,
            (i64,),
            "SELECT COUNT(*) FROM texts WHERE phone = $1 AND kind = 'post'
                 AND state IN ('received', 'waiting', 'publishing', 'in_doubt')",
            phone,
        )?;
        Ok(row.map_or(0, |(open,)| count(open)))
    }

    /// The last text before `arrival` that was posted and not undone, or is not posted yet.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn last_post(&self, phone: &str, arrival: i64) -> LedgerResult<Option<TextRow>> {
        let mut tx = self.read().await?;
        Ok(fetch_optional!(
            &mut tx,
            TextRow,
            "SELECT * FROM texts WHERE phone = $1 AND arrival < $2 AND kind = 'post' AND undone_at IS NULL
                 AND state IN ('received', 'waiting', 'publishing', 'in_doubt', 'published')
             ORDER BY arrival DESC LIMIT 1",
            phone,
            arrival,
        )?)
    }

    /// Takes a text back that is not posted yet and that no worker holds. `false`: too late.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn take_back(&self, sid: &str, now: Timestamp) -> LedgerResult<bool> {
        let mut tx = self.write().await?;
        let Some(phone) = lanes::lock_for_text(&mut tx, sid, now).await? else {
            return Ok(false);
        };
        let taken = execute!(
            &mut tx,
            "UPDATE texts SET state = 'refused', reason = 'undone', next_attempt_at = NULL, lease_owner = NULL,
                 lease_until = NULL, undone_at = $2
             WHERE sid = $1 AND state IN ('received', 'waiting') AND (lease_until IS NULL OR lease_until <= $2)",
            sid,
            now.0,
        )?;
        wake_next(&mut tx, &phone, Next::Any, now).await?;
        tx.commit().await?;
        Ok(taken > 0)
    }

    /// Notes that a post was deleted from X.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn mark_undone(&self, sid: &str, now: Timestamp) -> LedgerResult<()> {
        let mut tx = self.write().await?;
        execute!(
            &mut tx,
            "UPDATE texts SET undone_at = $2 WHERE sid = $1",
            sid,
            now.0
        )?;
        tx.commit().await
    }

    /// Sets the phone's last text that rests in doubt going again, at its owner's word; what it
    /// says is returned.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn retry_unresolved(
        &self,
        phone: &str,
        now: Timestamp,
        retry_horizon: Duration,
    ) -> LedgerResult<Option<String>> {
        let mut tx = self.write().await?;
        lanes::lock(&mut tx, phone, now).await?;
        let text = fetch_optional!(
            &mut tx,
            TextRow,
            "UPDATE texts SET state = 'received', reason = NULL, next_attempt_at = $2, deadline_at = $3, failures = 0,
                 checks = 0, claims = 0, deaths = 0, unauthorized_version = NULL, woken_at = $2
             WHERE sid = (SELECT sid FROM texts WHERE phone = $1 AND state = 'in_doubt' AND next_attempt_at IS NULL
                 ORDER BY arrival DESC LIMIT 1)
             RETURNING *",
            phone,
            now.0,
            (now + retry_horizon).0,
        )?;
        if let Some(text) = &text {
            queue::push(&mut tx, &Job::tweet(&text.sid), now, now).await?;
        }
        tx.commit().await?;
        Ok(text.map(|text| text.body))
    }
}
