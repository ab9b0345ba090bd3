//! The limit of every list.

/// How many rows a list shows if nothing else is asked for.
pub(super) const LIMIT: i64 = 100;
