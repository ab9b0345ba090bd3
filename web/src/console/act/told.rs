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
const TOLD: &[(&str, Tone, &str)] = &[
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
        "unblocked",
        Tone::Good,
        "The number is not blocked any more; it is not linked.",
    ),
    (
        "was-not-blocked",
        Tone::Plain,
        "The number was not blocked.",
    ),
    (
        "no-number",
        Tone::Bad,
        "Nothing was done: the number of this text is forgotten.",
    ),
    ("replied", Tone::Good, "The reply is on its way."),
    (
        "was-replied",
        Tone::Plain,
        "This reply was written already, and is texted once.",
    ),
    (
        "bad-words",
        Tone::Bad,
        "Nothing was texted: a reply has 1 to 1600 characters.",
    ),
    (
        "reply-blocked",
        Tone::Bad,
        "Nothing was texted: the number is blocked.",
    ),
    (
        "reply-opted-out",
        Tone::Bad,
        "Nothing was texted: the number texted STOP, so nothing may be texted to it.",
    ),
    (
        "reply-no-phone",
        Tone::Bad,
        "Nothing was texted: the sender is not a phone number that can be answered.",
    ),
    (
        "reply-forgotten",
        Tone::Bad,
        "Nothing was texted: the data of this text's owner was deleted.",
    ),
    ("allowed", Tone::Good, "The number may sign up."),
    (
        "note-changed",
        Tone::Good,
        "The number could sign up already. Its note is changed.",
    ),
    (
        "was-allowed",
        Tone::Plain,
        "The number could sign up already.",
    ),
    (
        "person-blocked",
        Tone::Bad,
        "Nothing was done: the number is blocked. Unblock it first.",
    ),
    (
        "bad-number",
        Tone::Bad,
        "Nothing was done: write the number with + and the code of its country, such as +15551230001.",
    ),
    (
        "bad-note",
        Tone::Bad,
        "Nothing was done: a note has at most 80 characters, on one line.",
    ),
    (
        "invited",
        Tone::Good,
        "The number may sign up, and the sign-in link is texted to it.",
    ),
    (
        "invite-linked",
        Tone::Plain,
        "Nothing was texted: the number is linked already.",
    ),
    (
        "invite-opted-out",
        Tone::Bad,
        "Nothing was texted: the number texted STOP, so nothing may be texted to it.",
    ),
    (
        "invite-stopped",
        Tone::Bad,
        "Nothing was texted: the number texted \\STOP. It may text first.",
    ),
    (
        "invited-before",
        Tone::Plain,
        "Nothing was texted: the number was invited less than INVITE_AGAIN_AFTER ago.",
    ),
    (
        "invite-links",
        Tone::Bad,
        "Nothing was texted: the number got as many texts about sign-ins today as LINKS_PER_DAY_MAX allows.",
    ),
    (
        "invite-strangers",
        Tone::Bad,
        "Nothing was texted: as many texts as STRANGERS_PER_DAY_MAX allows went to strangers today.",
    ),
    (
        "person-removed",
        Tone::Good,
        "The number is off the list. It may sign up only if ALLOWED_NUMBERS or SIGNUP lets it.",
    ),
    (
        "person-removed-linked",
        Tone::Good,
        "The number is off the list. It keeps its account until it is unlinked or blocked.",
    ),
    (
        "not-listed",
        Tone::Plain,
        "Nothing was done: the number is not on the list.",
    ),
];

impl Told {
    pub(crate) fn new(word: &str) -> Self {
        Self {
            done: word.to_owned(),
        }
    }

    pub(crate) fn notice(&self) -> Option<Notice> {
        let (_, tone, words) = TOLD
            .iter()
            .chain(super::erase::TOLD)
            .find(|(word, ..)| *word == self.done)?;
        Some(Notice {
            tone: *tone,
            words: (*words).to_owned(),
            secret: None,
        })
    }
}
