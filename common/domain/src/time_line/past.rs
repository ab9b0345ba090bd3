//! What has happened.

use super::entry::{AttemptFacts, DeedFacts, Entry, History, JobFacts, ReplyFacts, What};
use crate::{
    clock::Timestamp,
    queue::JobState,
    reply::{ReplyState, delivery_error},
    text::{AttemptOutcome, Kind},
    tone::Tone,
    wording,
};

/// How a text is posted.
const CALL: &str = "POST /2/tweets";

pub(super) fn entries(history: &History<'_>) -> Vec<Entry> {
    let text = &history.text;
    let words = match text.progress.kind {
        Kind::Post => "Received, to be posted",
        Kind::Command => "Received: it is a command",
        Kind::SignIn => "Received from a number that is not linked",
        Kind::Ignored => "Received and recorded",
    };
    let received = text.progress.received_at;
    let mut entries = vec![entry(received, What::Received, Tone::Plain, words)];
    entries.extend(history.attempts.iter().map(attempt));
    if let Some(at) = text.published_at {
        entries.push(entry(at, What::Posted, Tone::Good, "Posted on X"));
    }
    if let Some(at) = text.undone_at {
        let words = "Deleted from X by its owner";
        entries.push(entry(at, What::Deleted, Tone::Quiet, words));
    }
    entries.extend(history.replies.iter().flat_map(reply));
    // A job that is not done yet is told by what happens next.
    entries.extend(history.jobs.iter().filter_map(job));
    entries.extend(history.deeds.iter().map(deed));
    entries
}

pub(super) fn entry(at: Timestamp, what: What, tone: Tone, words: impl Into<String>) -> Entry {
    Entry {
        at: Some(at),
        what,
        tone,
        words: words.into(),
        detail: String::new(),
        quote: String::new(),
    }
}

/// What was asked of X, what X answered, and what that means.
fn attempt(attempt: &AttemptFacts<'_>) -> Entry {
    let outcome = attempt
        .outcome
        .map(|word| (word, AttemptOutcome::parse(word)));
    let (tone, decision) = match outcome {
        None => (
            Tone::Waiting,
            "No outcome yet: it is under way, or its worker died.".to_owned(),
        ),
        Some((_, Some(outcome))) => (
            match outcome {
                AttemptOutcome::Published => Tone::Good,
                _ => Tone::Bad,
            },
            outcome.meaning().to_owned(),
        ),
        // A word of another version.
        Some((word, None)) => (Tone::Bad, word.to_owned()),
    };
    let mut words = format!("Attempt {}: {CALL}", attempt.number);
    if let Some(status) = attempt.heard.status {
        words.push_str(&format!(", HTTP {status}"));
    }
    if let Some(ended) = attempt.ended_at {
        let took = wording::length(ended.since(attempt.started_at));
        words.push_str(&format!(", {took}"));
    }
    let error = attempt.error.map(|error| format!("Error: {error}."));
    let problem = attempt.heard.problem.as_deref();
    let problem = problem.map(|kind| format!("Type: {kind}."));
    let id = attempt.heard.transaction_id.as_deref();
    let id = id.map(|id| format!("X's transaction id: {id}."));
    let said = [Some(decision), error, problem, id];
    let said: Vec<String> = said.into_iter().flatten().collect();
    Entry {
        detail: said.join(" "),
        ..entry(attempt.started_at, What::Attempt, tone, words)
    }
}

/// When it was written, when it was sent, and what Twilio reported of it.
fn reply(reply: &ReplyFacts<'_>) -> Vec<Entry> {
    let what = What::Reply;
    let written = Entry {
        detail: reply.purpose.meaning().to_owned(),
        quote: reply.body.to_owned(),
        ..entry(
            reply.created_at,
            what,
            Tone::Plain,
            format!("Reply ({}) written", reply.purpose),
        )
    };
    let mut entries = vec![written];
    let at = reply.sent_at.unwrap_or(reply.created_at);
    let sent = match reply.state {
        ReplyState::Queued => None,
        ReplyState::Sending => Some((Tone::Waiting, "Reply is being sent")),
        ReplyState::Sent => Some((Tone::Good, "Reply accepted by Twilio")),
        ReplyState::Failed => Some((Tone::Bad, "Reply given up")),
        ReplyState::InDoubt => Some((Tone::Waiting, "Reply sent, and no clear answer came")),
        ReplyState::Suppressed => Some((Tone::Quiet, "Reply not sent")),
    };
    // A delivery has an entry of its own, with its code.
    let code = reply.error_code.filter(|_| reply.delivery.is_none());
    let code = code.map(coded);
    let error = reply.error.map(|error| format!("Error: {error}."));
    let sid = reply.twilio_sid.map(|sid| format!("Twilio's sid: {sid}."));
    let said: Vec<String> = [code, error, sid].into_iter().flatten().collect();
    if let Some((tone, words)) = sent {
        entries.push(Entry {
            detail: said.join(" "),
            ..entry(at, what, tone, words)
        });
    }
    if let Some(delivery) = reply.delivery {
        let tone = match delivery {
            "delivered" | "read" => Tone::Good,
            "undelivered" | "failed" | "canceled" => Tone::Bad,
            _ => Tone::Waiting,
        };
        let words = format!("Twilio reports the reply as {delivery}");
        entries.push(Entry {
            detail: reply.error_code.map(coded).unwrap_or_default(),
            ..entry(reply.delivery_at.unwrap_or(at), What::Delivery, tone, words)
        });
    }
    entries
}

fn coded(code: u32) -> String {
    format!("Twilio's error {code}: {}.", delivery_error(code))
}

fn job(job: &JobFacts<'_>) -> Option<Entry> {
    let (at, tone, did) = match job.state {
        JobState::Pending => return None,
        JobState::Queued => (job.run_at, Tone::Waiting, "fetched by a worker"),
        JobState::Running => (job.run_at, Tone::Waiting, "run by a worker"),
        JobState::Done => (job.done_at.unwrap_or(job.run_at), Tone::Quiet, "done"),
        JobState::Failed => (job.done_at.unwrap_or(job.run_at), Tone::Bad, "failed"),
        JobState::Killed => (job.done_at.unwrap_or(job.run_at), Tone::Bad, "stopped"),
    };
    let worker = job.worker.map(|worker| format!(", worker {worker}"));
    Some(Entry {
        detail: format!("Job {}{}", job.id, worker.unwrap_or_default()),
        ..entry(
            at,
            What::Job,
            tone,
            format!("Job in the queue {}: {did}", job.queue),
        )
    })
}

fn deed(deed: &DeedFacts<'_>) -> Entry {
    let mut said = Vec::new();
    if !deed.detail.is_empty() {
        said.push(deed.detail.to_owned());
    }
    if !deed.reason.is_empty() {
        said.push(format!("Why: {}", deed.reason));
    }
    Entry {
        detail: said.join(". "),
        ..entry(
            deed.at,
            What::Deed,
            Tone::Plain,
            format!("{}: {}", deed.actor, deed.action),
        )
    }
}
