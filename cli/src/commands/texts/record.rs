//! One text for people: what became of it first, then what led there.

use birdcall_common::link::post_url;
use birdcall_domain::{
    clock::Timestamp,
    phone::Party,
    time_line::{Entry, What},
    tone::Tone,
    wording::{at, moment},
};
use birdcall_ledger::{history::TextHistory, texts::Text};

use crate::output::Record;

/// Writes down for people what is known of a text.
pub(super) fn of(history: &TextHistory, handle: &str, now: Timestamp) -> Record {
    let mut record = Record::default();
    outcome(&mut record, &history.text, handle, now);
    facts(&mut record, &history.text, now);
    let (next, past): (Vec<Entry>, Vec<Entry>) = history
        .time_line(now)
        .into_iter()
        .partition(|entry| entry.what == What::Next);
    for (title, entries) in [("What happened:", past), ("What happens next:", next)] {
        if !entries.is_empty() {
            record.gap();
            record.line(title);
            entries.iter().for_each(|it| entry(&mut record, it, now));
        }
    }
    record
}

/// What became of it, and what it says.
fn outcome(record: &mut Record, text: &Text, handle: &str, now: Timestamp) {
    let progress = &text.progress;
    let tone = Tone::of_text(progress.state, progress.reason);
    let words = format!("{}: {}", progress.state, progress.state.meaning());
    record.toned(&words, tone);
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

/// When, what, and below it more.
fn entry(record: &mut Record, entry: &Entry, now: Timestamp) {
    let when = match (entry.at, entry.what) {
        (None, _) => String::new(),
        (Some(then), What::Next) => format!("{}  ", moment(then, now)),
        (Some(then), _) => format!("{}  ", at(then)),
    };
    record.toned_block(&format!("{when}{}", entry.words), 2, entry.tone);
    record.block(&entry.detail, 6);
    record.block(&entry.quote, 6);
}
