//! Finds and lists replies.

use birdcall_domain::{reply::ReplyState, text::MessageSid};

use super::{Reply, ReplyRecord};
use crate::{
    Ledger, LedgerResult,
    stored::known,
    transaction::{fetch_all, fetch_optional},
};

pub(crate) const COUNTS: &str = "SELECT state, COUNT(*) FROM replies GROUP BY state ORDER BY state";

impl Ledger {
    /// One reply.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn reply(&self, id: &str) -> LedgerResult<Option<Reply>> {
        let mut tx = self.read("reply").await?;
        let row = fetch_optional!(
            tx,
            ReplyRecord,
            "SELECT replies.*, deliveries.status AS delivery, deliveries.updated_at AS delivery_at FROM replies
             LEFT JOIN deliveries ON deliveries.twilio_sid = replies.twilio_sid WHERE id = $1",
            id
        )?;
        row.map(Reply::try_from).transpose()
    }

    /// The replies to a text, first to last.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn replies_to(&self, text_sid: &MessageSid) -> LedgerResult<Vec<Reply>> {
        let mut tx = self.read("replies_to").await?;
        let rows = fetch_all!(
            tx,
            ReplyRecord,
            "SELECT replies.*, deliveries.status AS delivery, deliveries.updated_at AS delivery_at FROM replies
             LEFT JOIN deliveries ON deliveries.twilio_sid = replies.twilio_sid
             WHERE text_sid = $1 ORDER BY created_at, id",
            text_sid.as_str()
        )?;
        rows.into_iter().map(Reply::try_from).collect()
    }

    /// Whether the ledger knows this message of Twilio's as a reply.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn is_known_message(&self, twilio_sid: &str) -> LedgerResult<bool> {
        let mut tx = self.read("is_known_message").await?;
        let sql = "SELECT id FROM replies WHERE twilio_sid = $1";
        let row = fetch_optional!(tx, (String,), sql, twilio_sid)?;
        Ok(row.is_some())
    }

    /// How many replies are in each state that any is in.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn reply_counts(&self) -> LedgerResult<Vec<(ReplyState, i64)>> {
        let mut tx = self.read("reply_counts").await?;
        let rows = fetch_all!(tx, (String, i64), COUNTS)?;
        let counts = rows.into_iter();
        counts
            .map(|(state, count)| Ok((known("replies.state", &state, ReplyState::parse)?, count)))
            .collect()
    }
}
