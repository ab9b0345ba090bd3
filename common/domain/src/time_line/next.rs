//! What happens next, and when.

use super::{
    entry::{Entry, History, ReplyFacts, TextFacts, What},
    past::entry,
};
use crate::{
    clock::Timestamp,
    queue::Queue,
    reply::ReplyState,
    text::{Kind, Reason, TextState},
    tone::Tone,
};

pub(super) fn entries(history: &History<'_>, now: Timestamp) -> Vec<Entry> {
    let mut entries: Vec<Entry> = of_text(&history.text, now).into_iter().collect();
    entries.extend(end(&history.text, now));
    let replies = history.replies.iter();
    entries.extend(replies.filter_map(|reply| of_reply(reply, now)));
    entries
}

/// It happens at this time, or as soon as a worker is free if that has passed.
fn at(at: Timestamp, now: Timestamp, words: impl Into<String>) -> Entry {
    let due = entry(at.max(now), What::Next, Tone::Waiting, words);
    match at <= now {
        true => Entry {
            detail: "As soon as a worker is free.".to_owned(),
            ..due
        },
        false => due,
    }
}

/// It waits for somebody.
fn whenever(words: impl Into<String>) -> Entry {
    Entry {
        at: None,
        ..entry(Timestamp(0), What::Next, Tone::Waiting, words)
    }
}

fn until_resumed(what: &str, queue: Queue) -> Entry {
    whenever(format!(
        "{what} waits until an operator resumes the queue {queue}"
    ))
}

fn of_text(text: &TextFacts, now: Timestamp) -> Option<Entry> {
    let progress = &text.progress;
    let due = progress.next_attempt_at;
    if let Some(until) = text.held_until.filter(|until| *until > now) {
        let words = match progress.state {
            TextState::Publishing => {
                "If no outcome is written by then, another worker looks for the post on X"
            }
            _ => "If the worker that holds it has died, another one takes it",
        };
        return (!progress.state.is_final()).then(|| at(until, now, words));
    }
    match (progress.state, due) {
        (state, _) if state.is_final() => None,
        (_, Some(Timestamp::UNTIL_RESUMED)) => Some(until_resumed("It", Queue::Tweet)),
        (TextState::InDoubt, None) => Some(whenever(
            "Its owner or an operator decides whether it is posted again",
        )),
        (TextState::InDoubt, Some(due)) => {
            let words = match progress.reason {
                Some(Reason::SignIn) => {
                    "The search ends, unless its owner signs in before: then it is looked for on X"
                }
                _ => "It is looked for on X",
            };
            Some(at(due, now, words))
        }
        (TextState::Waiting, _) => due.map(|due| {
            let words = match progress.reason {
                Some(Reason::SignIn) => {
                    "It is given up, unless its owner signs in before: then it is posted at once"
                }
                Some(Reason::Order) => "It is its turn, if the earlier text has ended",
                _ => "It is tried again",
            };
            at(due, now, words)
        }),
        (TextState::Publishing, _) => due.map(|due| at(due, now, "It is looked for on X")),
        _ => due.map(|due| {
            let words = match progress.kind {
                Kind::Post => "It is posted",
                Kind::Command => "It is carried out",
                Kind::SignIn => "It is answered with the sign-in link",
                Kind::Ignored => "It is looked at",
            };
            at(due, now, words)
        }),
    }
}

/// When nobody tries any longer.
fn end(text: &TextFacts, now: Timestamp) -> Option<Entry> {
    let progress = &text.progress;
    let tried = matches!(progress.state, TextState::Received | TextState::Waiting);
    let held = progress
        .next_attempt_at
        .is_none_or(|at| at == Timestamp::UNTIL_RESUMED);
    let told = progress.reason == Some(Reason::SignIn);
    let is_open = tried && !held && !told && progress.kind == Kind::Post;
    (is_open && progress.deadline_at > now).then(|| {
        at(
            progress.deadline_at,
            now,
            "It is given up, unless it is posted before",
        )
    })
}

fn of_reply(reply: &ReplyFacts<'_>, now: Timestamp) -> Option<Entry> {
    let due = reply.next_attempt_at?;
    if due == Timestamp::UNTIL_RESUMED {
        return Some(until_resumed("The reply", Queue::Reply));
    }
    let words = match reply.state {
        ReplyState::Queued => "The reply is sent",
        ReplyState::Sending | ReplyState::InDoubt => "The reply is looked for at Twilio",
        ReplyState::Sent | ReplyState::Failed | ReplyState::Suppressed => return None,
    };
    Some(at(due, now, words))
}
