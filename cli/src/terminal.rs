//! The terminal, if there is one.

use std::io::IsTerminal as _;

use birdcall_common::config;

/// The columns of the terminal that standard output is: `COLUMNS`, or what the terminal says.
/// `None`: standard output is a file or a pipe, and lines may have any length.
pub(crate) fn width() -> Option<usize> {
    if !is_stdout() {
        return None;
    }
    config::terminal_columns().or_else(columns_of_stdout)
}

/// Whether standard output is a terminal.
pub(crate) fn is_stdout() -> bool {
    std::io::stdout().is_terminal()
}

/// Whether somebody can be asked.
pub(crate) fn can_answer() -> bool {
    std::io::stdin().is_terminal()
}

#[cfg(unix)]
fn columns_of_stdout() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(std::io::stdout()).ok()?;
    // A terminal that does not know its size says 0.
    Some(usize::from(size.ws_col)).filter(|columns| *columns > 0)
}

#[cfg(not(unix))]
fn columns_of_stdout() -> Option<usize> {
    None
}
