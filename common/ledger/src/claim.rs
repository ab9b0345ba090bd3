//! What a claim says, whatever the row.

use std::time::Duration;

use birdcall_domain::clock::Timestamp;

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
