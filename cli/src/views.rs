//! Texts and accounts as they are shown: stable names, times in RFC 3339.

use birdcall_common::link::post_url;
use birdcall_domain::clock::Timestamp;
use birdcall_ledger::{
    Ledger, LedgerResult,
    accounts::AccountRow,
    replies::ReplyView,
    texts::{AttemptRow, TextRow},
};
use serde::Serialize;

/// A text, in lists.
#[derive(Debug, Serialize)]
pub(crate) struct TextView {
    pub(crate) message_sid: String,
    pub(crate) phone: String,
    pub(crate) body: String,
    pub(crate) kind: String,
    pub(crate) state: String,
    pub(crate) reason: Option<String>,
    pub(crate) error: Option<String>,
    pub(crate) post_id: Option<String>,
    pub(crate) post_url: Option<String>,
    pub(crate) received_at: String,
    pub(crate) next_attempt_at: Option<String>,
    pub(crate) published_at: Option<String>,
    pub(crate) undone_at: Option<String>,
}

/// A text, whole.
#[derive(Debug, Serialize)]
pub(crate) struct WholeText {
    #[serde(flatten)]
    pub(crate) text: TextView,
    pub(crate) attempts: Vec<AttemptView>,
    /// The reply that says how it ended, or else the latest.
    pub(crate) reply: Option<ReplyView>,
    pub(crate) replies: Vec<ReplyView>,
}

/// A call that was made for a text.
#[derive(Debug, Serialize)]
pub(crate) struct AttemptView {
    pub(crate) number: i64,
    pub(crate) started_at: String,
    pub(crate) ended_at: Option<String>,
    pub(crate) outcome: Option<String>,
    pub(crate) error: Option<String>,
}

/// A linked number; tokens are never shown.
#[derive(Debug, Serialize)]
pub(crate) struct AccountView {
    pub(crate) phone: String,
    pub(crate) state: String,
    pub(crate) x_user_id: String,
    pub(crate) x_handle: String,
    pub(crate) scopes: String,
    pub(crate) linked_at: String,
    pub(crate) last_text_at: String,
    pub(crate) access_expires_at: String,
    pub(crate) refresh_due_at: Option<String>,
}

fn moment(millis: i64) -> String {
    Timestamp(millis).to_rfc3339()
}

impl TextView {
    pub(crate) fn new(row: TextRow, handle: &str) -> Self {
        Self {
            post_url: row.post_id.as_deref().map(|id| post_url(handle, id)),
            message_sid: row.sid,
            phone: row.phone,
            body: row.body,
            kind: row.kind,
            state: row.state,
            reason: row.reason,
            error: row.error,
            post_id: row.post_id,
            received_at: moment(row.received_at),
            next_attempt_at: row.next_attempt_at.map(moment),
            published_at: row.published_at.map(moment),
            undone_at: row.undone_at.map(moment),
        }
    }
}

impl From<AttemptRow> for AttemptView {
    fn from(row: AttemptRow) -> Self {
        Self {
            number: row.number,
            started_at: moment(row.started_at),
            ended_at: row.ended_at.map(moment),
            outcome: row.outcome,
            error: row.error,
        }
    }
}

impl From<AccountRow> for AccountView {
    fn from(row: AccountRow) -> Self {
        Self {
            phone: row.phone,
            state: row.state,
            x_user_id: row.x_user_id,
            x_handle: row.x_handle,
            scopes: row.scopes,
            linked_at: moment(row.linked_at),
            last_text_at: moment(row.last_text_at),
            access_expires_at: moment(row.access_expires_at),
            refresh_due_at: row.refresh_due_at.map(moment),
        }
    }
}

/// A text with everything that belongs to it.
pub(crate) async fn whole_text(ledger: &Ledger, row: TextRow) -> LedgerResult<WholeText> {
    let handle = handle_of(ledger, &row.phone).await?;
    let attempts = ledger
        .attempts(&row.sid)
        .await?
        .into_iter()
        .map(AttemptView::from)
        .collect();
    let replies: Vec<ReplyView> = ledger
        .replies_to(&row.sid)
        .await?
        .into_iter()
        .map(ReplyView::from)
        .collect();
    let last = replies
        .iter()
        .rfind(|reply| reply.purpose == "final")
        .or(replies.last());
    Ok(WholeText {
        reply: last.cloned(),
        text: TextView::new(row, &handle),
        attempts,
        replies,
    })
}

/// The X account of a number; empty when it is not linked or not known.
pub(crate) async fn handle_of(ledger: &Ledger, phone: &str) -> LedgerResult<String> {
    Ok(ledger
        .account_of(phone)
        .await?
        .map(|account| account.x_handle)
        .unwrap_or_default())
}
