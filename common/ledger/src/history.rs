//! All that the ledger knows of one text.

use birdcall_domain::{
    clock::Timestamp,
    text::MessageSid,
    time_line::{
        AttemptFacts, DeedFacts, Entry, History, JobFacts, ReplyFacts, TextFacts, time_line,
    },
};

use crate::{
    Ledger, LedgerResult,
    audit::AuditEntry,
    queue::{JobFilter, ListedJob},
    replies::Reply,
    texts::{Attempt, Text},
};

/// The jobs of a row that a time line shows: the newest.
const JOBS: i64 = 20;

/// All that the ledger knows of one text.
#[derive(Clone)]
pub struct TextHistory {
    /// The text.
    pub text: Text,
    /// The calls to X, first to last.
    pub attempts: Vec<Attempt>,
    /// Our replies, first to last.
    pub replies: Vec<Reply>,
    /// The newest jobs of the text and of its replies.
    pub jobs: Vec<ListedJob>,
    /// What operators did with it, first to last.
    pub deeds: Vec<AuditEntry>,
}

impl Ledger {
    /// All that is known of one text.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn text_history(&self, sid: &MessageSid) -> LedgerResult<Option<TextHistory>> {
        let Some(text) = self.text(sid).await? else {
            return Ok(None);
        };
        let attempts = self.attempts(sid).await?;
        let replies = self.replies_to(sid).await?;
        let rows = replies.iter().map(|reply| reply.id.as_str());
        let mut jobs = Vec::new();
        for subject in std::iter::once(sid.as_str()).chain(rows) {
            let of_row = JobFilter {
                subject: Some(subject.to_owned()),
                limit: JOBS,
                ..JobFilter::default()
            };
            jobs.extend(self.jobs(&of_row).await?);
        }
        let deeds = self.deeds_on(sid.as_str()).await?;
        Ok(Some(TextHistory {
            text,
            attempts,
            replies,
            jobs,
            deeds,
        }))
    }
}

impl TextHistory {
    /// What happened, and what happens next.
    #[must_use]
    pub fn time_line(&self, now: Timestamp) -> Vec<Entry> {
        let text = TextFacts {
            progress: self.text.progress,
            held_until: self.text.lease_owner.as_ref().and(self.text.lease_until),
            published_at: self.text.published_at,
            undone_at: self.text.undone_at,
        };
        let history = History {
            text,
            attempts: self.attempts.iter().map(of_attempt).collect(),
            replies: self.replies.iter().map(of_reply).collect(),
            jobs: self.jobs.iter().map(of_job).collect(),
            deeds: self.deeds.iter().map(of_deed).collect(),
        };
        time_line(&history, now)
    }
}

fn of_attempt(attempt: &Attempt) -> AttemptFacts<'_> {
    AttemptFacts {
        number: attempt.number,
        started_at: attempt.started_at,
        ended_at: attempt.ended_at,
        outcome: attempt.outcome.as_deref(),
        error: attempt.error.as_deref(),
        heard: &attempt.heard,
    }
}

fn of_reply(reply: &Reply) -> ReplyFacts<'_> {
    ReplyFacts {
        purpose: reply.purpose,
        state: reply.progress.state,
        created_at: reply.created_at,
        sent_at: reply.sent_at,
        next_attempt_at: reply.next_attempt_at,
        twilio_sid: reply.twilio_sid.as_deref(),
        delivery: reply.delivery.as_deref(),
        delivery_at: reply.delivery_at,
        error_code: reply.error_code,
        error: reply.error.as_deref(),
        body: &reply.body,
    }
}

fn of_job(job: &ListedJob) -> JobFacts<'_> {
    JobFacts {
        id: &job.id,
        queue: job.queue,
        state: job.state,
        run_at: Timestamp::from_secs(job.run_at),
        done_at: job.done_at.map(Timestamp::from_secs),
        worker: job.worker.as_deref(),
    }
}

fn of_deed(deed: &AuditEntry) -> DeedFacts<'_> {
    DeedFacts {
        at: deed.at,
        actor: &deed.actor,
        action: &deed.action,
        detail: &deed.detail,
        reason: &deed.reason,
    }
}
