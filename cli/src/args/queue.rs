//! Commands of `birdcall queue`.

use birdcall_ledger::queue::Queue;
use clap::Subcommand;

use crate::parse;

/// Commands of `birdcall queue`.
#[derive(Debug, Subcommand)]
pub enum QueueCommand {
    /// Pause a queue until it is resumed.
    Pause {
        /// The queue.
        #[arg(value_parser = parse::pausable_queue(), ignore_case = true)]
        queue: Queue,
    },
    /// Resume a queue, whether an operator or X caused the pause.
    Resume {
        /// The queue.
        #[arg(value_parser = parse::pausable_queue(), ignore_case = true)]
        queue: Queue,
    },
    /// Show how full the queues are, and what they wait for.
    Stats,
}
