//! Commands of `birdcall workers`.

use clap::Subcommand;

/// Commands of `birdcall workers`.
#[derive(Debug, Subcommand)]
pub enum WorkersCommand {
    /// List the workers that were seen within a day, the latest first.
    List,
}
