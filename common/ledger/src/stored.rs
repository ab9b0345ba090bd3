//! Reads what is stored: words, counts and moments become values, or an error that names the column.

use birdcall_domain::clock::Timestamp;

use crate::{LedgerError, LedgerResult};

/// A stored word, read by `parse`.
pub(crate) fn known<T>(
    column: &str,
    word: &str,
    parse: impl Fn(&str) -> Option<T>,
) -> LedgerResult<T> {
    parse(word).ok_or_else(|| LedgerError::Inconsistent(format!("{column} is '{word}'")))
}

/// A stored word that may be missing.
pub(crate) fn known_if_any<T>(
    column: &str,
    word: Option<&str>,
    parse: impl Fn(&str) -> Option<T>,
) -> LedgerResult<Option<T>> {
    word.map(|word| known(column, word, parse)).transpose()
}

/// A stored count.
pub(crate) fn count(value: i64) -> u32 {
    u32::try_from(value).unwrap_or(0)
}

/// A stored moment that may be missing.
pub(crate) fn moment(value: Option<i64>) -> Option<Timestamp> {
    value.map(Timestamp)
}
