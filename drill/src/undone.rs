//! Finds posts that an `\UNDO` took back although it was not about them.

use std::collections::{HashMap, HashSet};

use birdcall_domain::text::{Reason, TextState};
use birdcall_ledger::texts::Text;

/// The sids of texts that were taken back, or deleted from X, although a later text of the same phone
/// was posted before the next `\UNDO`. A text that was run again is posted after those that followed it, so
/// it says nothing about the order and is left out. `undos` are the sids of the `\UNDO`s.
pub(crate) fn undone_by_mistake(texts: &[Text], undos: &HashSet<&str>) -> Vec<String> {
    let mut by_phone: HashMap<&str, Vec<&Text>> = HashMap::new();
    let known = |text: &&Text| !text.from.as_str().is_empty() && text.replays == 0;
    for text in texts.iter().filter(known) {
        by_phone.entry(text.from.as_str()).or_default().push(text);
    }
    let mut mistakes = Vec::new();
    for mut of_phone in by_phone.into_values() {
        of_phone.sort_by_key(|text| text.arrival);
        for (place, text) in of_phone.iter().enumerate() {
            let mut later = of_phone[place + 1..].iter();
            let next = later.find(|text| undos.contains(text.sid.as_str()) || stays(text));
            if is_undone(text) && !next.is_some_and(|next| undos.contains(next.sid.as_str())) {
                mistakes.push(text.sid.to_string());
            }
        }
    }
    mistakes
}

fn is_undone(text: &Text) -> bool {
    let taken_back = text.progress.reason == Some(Reason::Undone);
    text.undone_at.is_some() || taken_back
}

/// Whether it was posted, and still is.
fn stays(text: &Text) -> bool {
    text.progress.state == TextState::Published && !is_undone(text)
}
