//! Options of `birdcall status`.

use clap::Args;

pub(super) const STATUS_OUTPUT: &str = "\
Says first whether anything is wrong, and what to do about it.
Exit code 1 means that something is wrong. A note does not count.";

/// Options of `birdcall status`.
#[derive(Clone, Debug, Args)]
pub struct StatusOptions {
    /// Show it again every few seconds, until Ctrl-C.
    /// Only on a terminal
    #[arg(long, verbatim_doc_comment)]
    pub watch: bool,
}
