//! A cell of a table, and the colours of words. A word is never told by its colour alone.

use anstyle::{AnsiColor, Style};
use birdcall_domain::tone::Tone;

/// A cell of a table.
pub(crate) struct Cell {
    pub(super) text: String,
    pub(super) tone: Tone,
}

impl Cell {
    /// A cell whose colour says how good or bad it is.
    pub(crate) fn toned(text: impl Into<String>, tone: Tone) -> Self {
        Self {
            text: text.into(),
            tone,
        }
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::toned(text, Tone::Plain)
    }
}

/// The words in the colour of a tone. Where colours are not wanted, they are taken away when it is
/// printed.
pub(super) fn painted(words: &str, tone: Tone) -> String {
    let style = match tone {
        Tone::Plain => return words.to_owned(),
        Tone::Good => Style::new().fg_color(Some(AnsiColor::Green.into())),
        Tone::Waiting => Style::new().fg_color(Some(AnsiColor::Yellow.into())),
        Tone::Bad => Style::new().fg_color(Some(AnsiColor::Red.into())).bold(),
        Tone::Quiet => Style::new().dimmed(),
    };
    format!("{style}{words}{style:#}")
}
