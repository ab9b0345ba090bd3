//! The latest texts in the ledger, for the simulator's page.

use std::sync::Arc;

use birdcall_domain::{
    clock::Timestamp,
    reply::{Purpose, ReplyState},
    text::MessageSid,
};
use birdcall_ledger::{Ledger, LedgerResult, queue::JobFilter, replies::Reply, texts::TextFilter};
use birdcall_sim::LedgerView;
use serde::Serialize;

use crate::views::{AttemptView, TextView, text_views};

/// How many of the latest texts the page shows.
const TEXTS_MAX: i64 = 50;
/// How many jobs of one text the page shows.
const JOBS_MAX: i64 = 10;

/// A text as one row of the page.
#[derive(Serialize)]
struct Row {
    #[serde(flatten)]
    text: TextView,
    attempts: Vec<AttemptView>,
    /// Its replies, oldest first.
    replies: Vec<ReplyRow>,
    jobs: Vec<String>,
}

#[derive(Serialize)]
struct ReplyRow {
    purpose: Purpose,
    state: ReplyState,
    body: String,
    delivery: Option<String>,
    error: Option<String>,
    next_attempt_at: Option<String>,
}

impl From<Reply> for ReplyRow {
    fn from(reply: Reply) -> Self {
        Self {
            purpose: reply.purpose,
            state: reply.progress.state,
            body: reply.body,
            delivery: reply.delivery,
            error: reply.error,
            next_attempt_at: reply.next_attempt_at.map(Timestamp::to_rfc3339),
        }
    }
}

/// The function that the page calls each time it asks for the texts. If the ledger cannot be read,
/// the page shows none.
pub(super) fn ledger_view(ledger: Ledger) -> LedgerView {
    Arc::new(move || {
        let ledger = ledger.clone();
        Box::pin(async move {
            let rows = latest(&ledger).await.unwrap_or_default();
            serde_json::to_value(rows).unwrap_or_default()
        })
    })
}

async fn latest(ledger: &Ledger) -> LedgerResult<Vec<Row>> {
    let filter = TextFilter {
        limit: TEXTS_MAX,
        ..TextFilter::default()
    };
    let texts = ledger.texts(&filter).await?;
    let sids: Vec<MessageSid> = texts.iter().map(|text| text.sid.clone()).collect();
    let mut rows = Vec::new();
    for (sid, text) in sids.iter().zip(text_views(ledger, texts).await?) {
        rows.push(row(ledger, sid, text).await?);
    }
    Ok(rows)
}

async fn row(ledger: &Ledger, sid: &MessageSid, text: TextView) -> LedgerResult<Row> {
    let subject = JobFilter {
        subject: Some(sid.to_string()),
        limit: JOBS_MAX,
        ..JobFilter::default()
    };
    let jobs = ledger.jobs(&subject).await?.into_iter();
    let attempts = ledger.attempts(sid).await?;
    let replies = ledger.replies_to(sid).await?;
    Ok(Row {
        text,
        attempts: attempts.into_iter().map(AttemptView::from).collect(),
        replies: replies.into_iter().map(ReplyRow::from).collect(),
        jobs: jobs
            .map(|job| format!("{} {}", job.queue, job.state.as_str().to_lowercase()))
            .collect(),
    })
}
