//! Is anything wrong? The facts that the ledger knows, and what they mean: the same sentences in the
//! command, in the console and for whatever watches either.

mod facts;
mod find;
mod in_processes;
mod in_texts;
mod trouble;

pub use facts::{
    Facts, Happening, Happenings, PausedFor, Undelivered, Vendor, VendorSeen, Waiting, WorkerSeen,
};
pub use find::troubles;
pub use in_processes::failure_words;
pub use trouble::{Limits, Severity, Trouble, Where, headline, is_wrong};
