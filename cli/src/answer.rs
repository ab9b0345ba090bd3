//! What somebody at the terminal answers.

use std::io::Write as _;

use crate::{failure::Failure, terminal};

/// Asks on standard error, and reads one line. `None`: standard input has ended.
pub(crate) fn answer(question: &str) -> Result<Option<String>, Failure> {
    if terminal::can_answer() {
        eprint!("{question} ");
        std::io::stderr().flush()?;
    }
    let mut given = String::new();
    let read = std::io::stdin().read_line(&mut given)?;
    Ok((read > 0).then(|| given.trim().to_owned()))
}
