//! Texts and accounts as commands show them. The names of the fields are public and stable, and
//! times are RFC 3339 in UTC.

use birdcall_common::link::post_url;
use birdcall_domain::{
    account::AccountState,
    clock::Timestamp,
    phone::Phone,
    reply::{Purpose, ReplyState},
    sms::Encoding,
    text::{Kind, Reason, TextState},
    time_line::{Entry, What},
};
use birdcall_ledger::{
    Ledger, LedgerResult,
    accounts::Account,
    history::TextHistory,
    replies::Reply,
    texts::{Attempt, Text},
};
use serde::Serialize;

/// A text, as a list shows it.
#[derive(Debug, Serialize)]
pub(crate) struct TextView {
    pub(crate) message_sid: String,
    pub(crate) phone: String,
    pub(crate) body: String,
    pub(crate) kind: Kind,
    pub(crate) state: TextState,
    pub(crate) reason: Option<Reason>,
    pub(crate) error: Option<String>,
    pub(crate) post_id: Option<String>,
    pub(crate) post_url: Option<String>,
    pub(crate) received_at: String,
    pub(crate) next_attempt_at: Option<String>,
    pub(crate) published_at: Option<String>,
    pub(crate) undone_at: Option<String>,
}

/// A text with its attempts and replies, as `show` prints it.
#[derive(Debug, Serialize)]
pub(crate) struct WholeText {
    #[serde(flatten)]
    pub(crate) text: TextView,
    pub(crate) attempts: Vec<AttemptView>,
    /// The reply that says how the text ended, or the latest reply if there is none yet.
    pub(crate) reply: Option<ReplyView>,
    pub(crate) replies: Vec<ReplyView>,
    pub(crate) timeline: Vec<EntryView>,
}

/// Something that happened to a text, or will.
#[derive(Debug, Serialize)]
pub(crate) struct EntryView {
    pub(crate) at: Option<String>,
    pub(crate) what: What,
    pub(crate) words: String,
    pub(crate) detail: String,
}

/// A call to X that could post the text.
#[derive(Debug, Serialize)]
pub(crate) struct AttemptView {
    pub(crate) number: u32,
    pub(crate) started_at: String,
    pub(crate) ended_at: Option<String>,
    pub(crate) outcome: Option<String>,
    pub(crate) error: Option<String>,
    pub(crate) http_status: Option<u16>,
    pub(crate) problem: Option<String>,
    pub(crate) transaction_id: Option<String>,
}

/// One of our replies to a text.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ReplyView {
    pub(crate) state: ReplyState,
    pub(crate) purpose: Purpose,
    pub(crate) twilio_sid: Option<String>,
    pub(crate) delivery: Option<String>,
    pub(crate) body: String,
    pub(crate) segments: u32,
    pub(crate) encoding: Encoding,
    pub(crate) error: Option<String>,
    pub(crate) error_code: Option<u32>,
}

/// A linked number. It has no field for tokens, because tokens are never shown.
#[derive(Debug, Serialize)]
pub(crate) struct AccountView {
    pub(crate) phone: String,
    pub(crate) state: AccountState,
    pub(crate) x_user_id: String,
    pub(crate) x_handle: String,
    pub(crate) scopes: String,
    pub(crate) linked_at: String,
    pub(crate) last_text_at: String,
    pub(crate) access_expires_at: String,
    pub(crate) refresh_due_at: Option<String>,
}

impl TextView {
    pub(crate) fn new(text: Text, handle: &str) -> Self {
        Self {
            post_url: text.post_id.as_deref().map(|id| post_url(handle, id)),
            message_sid: text.sid.to_string(),
            phone: text.from.as_str().to_owned(),
            body: text.body,
            kind: text.progress.kind,
            state: text.progress.state,
            reason: text.progress.reason,
            error: text.error,
            post_id: text.post_id,
            received_at: text.progress.received_at.to_rfc3339(),
            next_attempt_at: text
                .progress
                .next_attempt_at
                .filter(|at| *at != Timestamp::UNTIL_RESUMED)
                .map(Timestamp::to_rfc3339),
            published_at: text.published_at.map(Timestamp::to_rfc3339),
            undone_at: text.undone_at.map(Timestamp::to_rfc3339),
        }
    }
}

impl From<Attempt> for AttemptView {
    fn from(attempt: Attempt) -> Self {
        Self {
            number: attempt.number,
            started_at: attempt.started_at.to_rfc3339(),
            ended_at: attempt.ended_at.map(Timestamp::to_rfc3339),
            outcome: attempt.outcome,
            error: attempt.error,
            http_status: attempt.heard.status,
            problem: attempt.heard.problem,
            transaction_id: attempt.heard.transaction_id,
        }
    }
}

impl From<Entry> for EntryView {
    fn from(entry: Entry) -> Self {
        Self {
            at: entry.at.map(Timestamp::to_rfc3339),
            what: entry.what,
            words: entry.words,
            detail: entry.detail,
        }
    }
}

impl From<Reply> for ReplyView {
    fn from(reply: Reply) -> Self {
        Self {
            state: reply.progress.state,
            purpose: reply.purpose,
            twilio_sid: reply.twilio_sid,
            delivery: reply.delivery,
            body: reply.body,
            segments: reply.segments,
            encoding: reply.encoding,
            error: reply.error,
            error_code: reply.error_code,
        }
    }
}

impl From<Account> for AccountView {
    fn from(account: Account) -> Self {
        Self {
            phone: account.phone.as_str().to_owned(),
            state: account.state,
            x_user_id: account.x_user_id,
            x_handle: account.x_handle,
            scopes: account.scopes,
            linked_at: account.linked_at.to_rfc3339(),
            last_text_at: account.last_text_at.to_rfc3339(),
            access_expires_at: account.access_expires_at.to_rfc3339(),
            refresh_due_at: account.refresh_due_at.map(Timestamp::to_rfc3339),
        }
    }
}

/// Texts as a list shows them. The handles of all their phones are asked for at once.
pub(crate) async fn text_views(ledger: &Ledger, texts: Vec<Text>) -> LedgerResult<Vec<TextView>> {
    let phones: Vec<&Phone> = texts.iter().filter_map(|text| text.from.phone()).collect();
    let handles = ledger.handles(&phones).await?;
    let view = |text: Text| {
        let handle = text.from.phone().and_then(|phone| handles.get(phone));
        TextView::new(text, handle.map_or("", String::as_str))
    };
    Ok(texts.into_iter().map(view).collect())
}

/// A text with all that is known of it.
pub(crate) fn whole_text(history: TextHistory, handle: &str, now: Timestamp) -> WholeText {
    let timeline = history.time_line(now);
    let replies = history.replies.into_iter();
    let replies: Vec<ReplyView> = replies.map(ReplyView::from).collect();
    let last = replies
        .iter()
        .rfind(|reply| reply.purpose == Purpose::Final)
        .or(replies.last());
    WholeText {
        reply: last.cloned(),
        text: TextView::new(history.text, handle),
        attempts: history
            .attempts
            .into_iter()
            .map(AttemptView::from)
            .collect(),
        replies,
        timeline: timeline.into_iter().map(EntryView::from).collect(),
    }
}

/// The X handle of a number. It is empty if the number is not linked, or if X has not said whose
/// account it is.
pub(crate) async fn handle_of(ledger: &Ledger, phone: Option<&Phone>) -> LedgerResult<String> {
    let account = match phone {
        Some(phone) => ledger.account_of(phone).await?,
        None => None,
    };
    Ok(account.map(|account| account.x_handle).unwrap_or_default())
}
