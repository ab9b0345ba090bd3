//! Ids, as lists show them on a terminal.

use crate::terminal;

/// How much of a sid a list shows on a terminal. It names a text as the whole sid does.
const SHOWN: usize = 12;
/// What is not longer than this, such as a masked number or the name of a queue, is no sid.
const WHOLE_MAX: usize = 30;

/// The beginning of a sid on a terminal, and otherwise everything.
pub(crate) fn shortened(id: &str) -> String {
    match terminal::width() {
        Some(_) if id.len() > WHOLE_MAX => id.chars().take(SHOWN).collect(),
        _ => id.to_owned(),
    }
}
