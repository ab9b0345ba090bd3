//! The calls whose outcome is unknown: since when, and with which X account.

use birdcall_domain::{
    clock::Timestamp,
    text::{DoubtfulCall, MessageSid},
};

use crate::{
    Ledger, LedgerResult,
    stored::moment,
    transaction::{fetch_all, fetch_optional},
};

impl Ledger {
    /// When the first attempt began whose outcome is unknown, or else the first attempt of all: the
    /// timeline is read from there on.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn doubt_began_at(&self, sid: &MessageSid) -> LedgerResult<Option<Timestamp>> {
        let mut tx = self.read("doubt_began_at").await?;
        let row = fetch_optional!(
            tx,
            (Option<i64>,),
            "SELECT COALESCE(MIN(CASE WHEN outcome IS NULL OR outcome = 'in_doubt' THEN started_at END), MIN(started_at))
             FROM attempts WHERE sid = $1",
            sid.as_str(),
        )?;
        Ok(row.and_then(|(at,)| moment(at)))
    }

    /// The calls of a text whose outcome is unknown; all of its calls, if there is no such call.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn doubtful_calls(&self, sid: &MessageSid) -> LedgerResult<Vec<DoubtfulCall>> {
        let mut tx = self.read("doubtful_calls").await?;
        let rows = fetch_all!(
            tx,
            (i64, Option<String>),
            "SELECT started_at, x_user_id FROM attempts WHERE sid = $1
                 AND (outcome IS NULL OR outcome = 'in_doubt' OR NOT EXISTS (SELECT 1 FROM attempts AS other
                     WHERE other.sid = $1 AND (other.outcome IS NULL OR other.outcome = 'in_doubt')))
             ORDER BY number",
            sid.as_str(),
        )?;
        let calls = rows.into_iter();
        let calls = calls.map(|(started_at, x_user_id)| DoubtfulCall {
            started_at: Timestamp(started_at),
            x_user_id,
        });
        Ok(calls.collect())
    }
}
