//! One text for people: what became of it first, then what led there.

use birdcall_common::link::post_url;
use birdcall_domain::{clock::Timestamp, phone::Party, reply::ReplyState};
use birdcall_ledger::{
    Ledger, LedgerResult,
    replies::Reply,
    texts::{Attempt, Text},
};

use crate::{output::Record, views::handle_of};
use birdcall_domain::wording::{at, length, moment};

/// Reads what belongs to a text, and writes it down for people.
pub(super) async fn of(ledger: &Ledger, text: &Text, now: Timestamp) -> LedgerResult<Record> {
    let handle = handle_of(ledger, text.from.phone()).await?;
    let attempts = ledger.attempts(&text.sid).await?;
    let replies = ledger.replies_to(&text.sid).await?;
    let mut record = Record::default();
    outcome(&mut record, text, &handle, now);
    facts(&mut record, text, now);
    if !attempts.is_empty() {
        record.gap();
        record.line("Attempts to post it:");
        attempts.iter().for_each(|made| attempt(&mut record, made));
    }
    if !replies.is_empty() {
        record.gap();
        record.line("Replies:");
        replies
            .iter()
            .for_each(|sent| reply(&mut record, sent, now));
    }
    Ok(record)
}

/// What became of it, and what it says.
fn outcome(record: &mut Record, text: &Text, handle: &str, now: Timestamp) {
    let progress = &text.progress;
    record.line(&format!("{}: {}", progress.state, progress.state.meaning()));
    if let Some(reason) = progress.reason {
        record.line(&format!("{reason}: {}", reason.meaning()));
    }
    if let Some(error) = &text.error {
        record.line(&format!("Error: {error}"));
    }
    if let Some(at) = text.undone_at {
        let undone = moment(at, now);
        record.line(&format!("Its owner deleted it from X: {undone}"));
    }
    if let Some(id) = &text.post_id {
        record.line(&post_url(handle, id));
    }
    if let Some(at) = progress
        .next_attempt_at
        .filter(|_| !progress.state.is_final())
    {
        record.line(&format!("Next try: {}", moment(at, now)));
    }
    record.gap();
    match text.body.is_empty() {
        true => record.block("(no words)", 2),
        false => record.block(&text.body, 2),
    }
    record.gap();
}

fn facts(record: &mut Record, text: &Text, now: Timestamp) {
    record.field("Text", text.sid.to_string());
    let from = match &text.from {
        Party::Forgotten => "forgotten: its owner texted \\STOP",
        from => from.as_str(),
    };
    record.field("From", from.to_owned());
    let kind = &text.progress.kind;
    record.field("Kind", format!("{kind}: {}", kind.meaning()));
    let received = moment(text.progress.received_at, now);
    record.field("Received", received);
    let published = text.published_at.map(|at| moment(at, now));
    record.field("Published", published);
    let media = Some(text.num_media).filter(|count| *count > 0);
    record.field("Pictures", media.map(|count| count.to_string()));
    let replays = Some(text.replays).filter(|count| *count > 0);
    record.field("Run again", replays.map(|count| format!("{count} times")));
}

fn attempt(record: &mut Record, attempt: &Attempt) {
    let outcome = attempt.outcome.as_deref();
    let outcome = outcome.unwrap_or("no outcome: it is under way, or its worker died");
    let error = attempt.error.as_ref();
    let error = error.map(|error| format!(": {error}")).unwrap_or_default();
    let took = attempt
        .ended_at
        .map(|ended| ended.since(attempt.started_at));
    let took = took.map(|took| format!(", after {}", length(took)));
    record.block(
        &format!(
            "{}. {}  {outcome}{error}{}",
            attempt.number,
            at(attempt.started_at),
            took.unwrap_or_default()
        ),
        2,
    );
}

fn reply(record: &mut Record, reply: &Reply, now: Timestamp) {
    let state = reply.progress.state;
    let mut told = format!("{}: {state}", reply.purpose);
    if let Some(delivery) = &reply.delivery {
        told.push_str(&format!(", Twilio says {delivery}"));
    }
    if let Some(code) = reply.error_code {
        told.push_str(&format!(" (Twilio's error {code})"));
    }
    if let Some(error) = &reply.error {
        told.push_str(&format!(", {error}"));
    }
    if let Some(at) = reply.next_attempt_at.filter(|_| state != ReplyState::Sent) {
        told.push_str(&format!(", next try {}", moment(at, now)));
    }
    if let Some(sid) = &reply.twilio_sid {
        told.push_str(&format!(", {sid}"));
    }
    record.block(&told, 2);
    record.block(&reply.body, 4);
}
