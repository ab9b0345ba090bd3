//! Walks through texts in the order in which they arrived, some at a time.

use birdcall_domain::{
    clock::Timestamp,
    text::{MessageSid, TextState},
};

use super::{Text, TextRecord};
use crate::{Ledger, LedgerResult, transaction::fetch_all};

/// Which texts a walk visits, and how far it has come.
#[derive(Clone, Debug)]
pub struct TextWalk {
    state: TextState,
    from: Timestamp,
    until: Timestamp,
    /// The text that was visited last: its arrival and its sid. It was received at `from`.
    last: Option<(i64, MessageSid)>,
}

impl TextWalk {
    /// A walk through the texts in this state that were received in this time, both ends included.
    /// A text that changes its state and comes back to it during the walk is not visited twice.
    #[must_use]
    pub fn new(state: TextState, from: Timestamp, until: Timestamp) -> Self {
        Self {
            state,
            from,
            until,
            last: None,
        }
    }
}

impl Ledger {
    /// The next texts of a walk, oldest first: at most `limit`, and none at its end.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`]. The walk has come no further.
    pub async fn next_texts(&self, walk: &mut TextWalk, limit: i64) -> LedgerResult<Vec<Text>> {
        let mut tx = self.read("next_texts").await?;
        let (arrival, sid) = match &walk.last {
            Some((arrival, sid)) => (*arrival, sid.as_str()),
            None => (i64::MIN, ""),
        };
        let rows = fetch_all!(
            tx,
            TextRecord,
            "SELECT * FROM texts
             WHERE state = $1 AND received_at >= $2 AND received_at <= $3
               AND (received_at > $2 OR arrival > $4 OR (arrival = $4 AND sid > $5))
             ORDER BY received_at, arrival, sid LIMIT $6",
            walk.state.as_str(),
            walk.from.0,
            walk.until.0,
            arrival,
            sid,
            limit,
        )?;
        let texts = rows.into_iter().map(Text::try_from);
        let texts = texts.collect::<LedgerResult<Vec<Text>>>()?;
        if let Some(text) = texts.last() {
            walk.from = text.progress.received_at;
            walk.last = Some((text.arrival, text.sid.clone()));
        }
        Ok(texts)
    }
}
