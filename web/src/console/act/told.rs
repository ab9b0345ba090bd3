//! What a page says became of the last action.

use serde::Deserialize;

use crate::console::{blocks::Notice, tone::Tone};

/// What became of the last action, as the address of a page says it: one of the words below, so that
/// nobody can make a link that puts words on the page.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Told {
    done: String,
}

/// Each word, how good it is, and what is said.
const TOLD: [(&str, Tone, &str); 30] = [
    (
        "revealed",
        Tone::Plain,
        "You see the number and the words for some minutes. The audit says so.",
    ),
    ("replayed", Tone::Good, "The text will be posted."),
    (
        "replay-looks",
        Tone::Good,
        "The text will be looked for on X, and posted if it is not there.",
    ),
    (
        "replay-looks-only",
        Tone::Good,
        "The text will be looked for on X, which said that it was already posted.",
    ),
    (
        "replay-woken",
        Tone::Good,
        "The text is not finished yet; it is due now.",
    ),
    (
        "replay-taken-back",
        Tone::Bad,
        "Nothing was done: its owner took it back, or an operator ended it.",
    ),
    (
        "replay-posted",
        Tone::Bad,
        "Nothing was done: the text was already posted.",
    ),
    (
        "replay-refused",
        Tone::Bad,
        "Nothing was done: this text cannot be replayed.",
    ),
    (
        "replay-begun",
        Tone::Good,
        "The replay has begun. This page shows how far it has come.",
    ),
    (
        "replay-nothing",
        Tone::Plain,
        "Nothing was begun: no text that matches would be run again.",
    ),
    (
        "replay-too-many",
        Tone::Bad,
        "Nothing was begun: too many replays are not over yet. Wait for one, or stop one.",
    ),
    (
        "replay-stopped",
        Tone::Good,
        "The replay was stopped; the texts that it had reached are not called back.",
    ),
    (
        "replay-was-over",
        Tone::Plain,
        "The replay was over already.",
    ),
    ("paused", Tone::Good, "The queue is paused."),
    (
        "was-paused",
        Tone::Plain,
        "The queue was already paused by an operator.",
    ),
    ("resumed", Tone::Good, "The queue is resumed."),
    ("was-not-paused", Tone::Plain, "The queue was not paused."),
    (
        "cancelled",
        Tone::Good,
        "The text is cancelled and will not be posted. Its sender is told.",
    ),
    (
        "given-up",
        Tone::Good,
        "The text is given up and was not posted. Its sender is told.",
    ),
    (
        "given-up-in-doubt",
        Tone::Good,
        "The text is given up; it may be on X. Its sender is told.",
    ),
    (
        "may-be-posted",
        Tone::Bad,
        "Nothing was done: the text may be on X already. It can be given up.",
    ),
    (
        "held",
        Tone::Bad,
        "Nothing was done: a worker holds the text right now. Try again in a minute.",
    ),
    (
        "already-posted",
        Tone::Bad,
        "Nothing was done: the text was already posted.",
    ),
    (
        "already-over",
        Tone::Bad,
        "Nothing was done: the text has already ended without being posted.",
    ),
    (
        "not-a-post",
        Tone::Bad,
        "Nothing was done: this is not a text to post.",
    ),
    (
        "unlinked",
        Tone::Good,
        "The number is unlinked. A worker has X revoke its tokens.",
    ),
    (
        "was-not-linked",
        Tone::Plain,
        "Nothing was done: the number is not linked.",
    ),
    (
        "blocked",
        Tone::Good,
        "The number is blocked: nothing from it is posted or answered. A worker has X revoke its tokens.",
    ),
    (
        "was-blocked",
        Tone::Plain,
        "The number was already blocked.",
    ),
    (
        "no-number",
        Tone::Bad,
        "Nothing was done: the number of this text is forgotten.",
    ),
];

impl Told {
    pub(crate) fn new(word: &str) -> Self {
        Self {
            done: word.to_owned(),
        }
    }

    pub(crate) fn notice(&self) -> Option<Notice> {
        let (_, tone, words) = TOLD.iter().find(|(word, ..)| *word == self.done)?;
        Some(Notice {
            tone: *tone,
            words: (*words).to_owned(),
            secret: None,
        })
    }
}
