//! The latest texts in the ledger, for the simulator's page.

use std::sync::Arc;

use birdcall_domain::{
    clock::Timestamp,
    reply::ReplyState,
    text::{Reason, TextState},
};
use birdcall_ledger::{Ledger, LedgerResult, queue::JobFilter, texts::TextFilter};
use birdcall_sim::LedgerView;
use serde::Serialize;

use crate::views::{WholeText, whole_text};

/// How many of the latest texts the page shows.
const TEXTS_MAX: i64 = 50;
/// How many jobs of one text the page shows.
const JOBS_MAX: i64 = 10;

/// A text as one row of the page, with the state of its reply and of its jobs.
#[derive(Serialize)]
struct Row {
    message_sid: String,
    body: String,
    state: TextState,
    reason: Option<Reason>,
    attempts: usize,
    reply_state: Option<ReplyState>,
    delivery: Option<String>,
    post_url: Option<String>,
    jobs: Vec<String>,
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
        phone: None,
        state: None,
        since: Timestamp(0),
        contains: None,
        limit: TEXTS_MAX,
    };
    let mut rows = Vec::new();
    for text in ledger.texts(&filter).await? {
        let subject = JobFilter {
            subject: Some(text.sid.to_string()),
            limit: JOBS_MAX,
            ..JobFilter::default()
        };
        let jobs = ledger.jobs(&subject).await?;
        let WholeText {
            text,
            attempts,
            reply,
            ..
        } = whole_text(ledger, text).await?;
        rows.push(Row {
            message_sid: text.message_sid,
            body: text.body,
            state: text.state,
            reason: text.reason,
            attempts: attempts.len(),
            reply_state: reply.as_ref().map(|reply| reply.state),
            delivery: reply.and_then(|reply| reply.delivery),
            post_url: text.post_url,
            jobs: jobs
                .into_iter()
                .map(|job| format!("{} {}", job.queue, job.state.as_str().to_lowercase()))
                .collect(),
        });
    }
    Ok(rows)
}
