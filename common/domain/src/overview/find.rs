//! Looks for everything that is wrong.

use super::{
    facts::{Facts, Vendor},
    in_processes::{no_worker, other_version, paused, vendor_fails, work},
    in_texts::{missed, refused, sign_ins, undelivered, waits},
    trouble::{Limits, Trouble},
};
use crate::clock::Timestamp;

/// Everything that is wrong, worst first. `version` is the version of the program that asks.
#[must_use]
pub fn troubles(facts: &Facts, version: &str, limits: Limits, now: Timestamp) -> Vec<Trouble> {
    let mut found = Vec::new();
    no_worker(facts, &mut found, now);
    found.extend(facts.pauses.iter().map(|pause| paused(pause, now)));
    if facts.alive().next().is_some() {
        work(facts, limits.work, &mut found, now);
        for vendor in [Vendor::X, Vendor::Twilio] {
            found.extend(vendor_fails(facts, vendor, limits, now));
        }
    }
    found.extend(refused(facts, limits, now));
    found.extend(
        facts
            .waiting
            .iter()
            .filter_map(|rows| waits(rows, facts, now)),
    );
    found.extend(undelivered(&facts.undelivered, now));
    found.extend(other_version(facts, version));
    found.extend(sign_ins(facts));
    found.extend(missed(facts, now));
    // The order within a severity stays as it is above.
    found.sort_by_key(|trouble| trouble.severity.rank());
    found
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
