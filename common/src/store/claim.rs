//! What a claim and a sweep say, whatever the row.

use std::time::Duration;

use crate::clock::Timestamp;

/// Who claims, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct Claimant<'a> {
    /// Unique for every claim: what settles must still hold it.
    pub owner: &'a str,
    /// `LEASE`.
    pub lease: Duration,
    /// Now.
    pub now: Timestamp,
}

/// What the sweep wakes.
#[derive(Clone, Copy, Debug)]
pub struct Overdue {
    /// Overdue by at least this: its own job may be on its way.
    pub grace: Duration,
    /// Not woken again within this.
    pub again: Duration,
    /// At most so many.
    pub limit: i64,
}
