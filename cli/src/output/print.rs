//! Writes to standard output and standard error. It is not an error if the reader has gone away, as
//! in `birdcall texts list | head`.

use std::{fmt, io::Write as _};

use super::escape;

/// Prints lines.
pub(crate) fn line(text: impl fmt::Display) {
    let _ = writeln!(std::io::stdout(), "{}", escape::in_block(&text.to_string()));
}

/// Prints lines on standard error: what is not the result.
pub(crate) fn note(text: impl fmt::Display) {
    let _ = writeln!(std::io::stderr(), "{}", escape::in_block(&text.to_string()));
}

/// Prints a line that the caller has made safe for a terminal. Its colours are taken away if standard
/// output is no terminal, or if `NO_COLOR` or `TERM=dumb` asks for that; `CLICOLOR_FORCE` keeps them.
pub(super) fn painted(line: &str) {
    let _ = writeln!(anstream::stdout(), "{line}");
}

/// Prints what the caller has made safe for a terminal.
pub(super) fn raw(text: &str) {
    let _ = write!(std::io::stdout(), "{text}");
}
