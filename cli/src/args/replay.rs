//! Options of `birdcall replay`.

use std::time::Duration;

use birdcall_domain::text::TextState;
use clap::Args;

use crate::parse;

pub(super) const REPLAY_EXAMPLES: &str = "\
Examples:
  birdcall replay SM810f1b13dfc9da01792cab08b560f849
  birdcall replay --state failed --since 24h --dry-run";

/// Options of `birdcall replay`.
#[derive(Clone, Debug, Args)]
pub struct ReplayOptions {
    /// Twilio's MessageSids of the texts.
    #[arg(value_name = "SID", required_unless_present = "state")]
    pub sids: Vec<String>,
    /// Run all texts in this state instead of named texts,
    /// such as failed, refused or in_doubt. Needs --since
    #[arg(
        long,
        requires = "since",
        conflicts_with = "sids",
        value_parser = parse::text_state(),
        ignore_case = true,
        verbatim_doc_comment
    )]
    pub state: Option<TextState>,
    /// Run only texts received within this time, such as 24h.
    #[arg(long, value_name = "DURATION", value_parser = parse::duration)]
    pub since: Option<Duration>,
    /// Say what would happen, and change nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Do not ask before many texts are run, as in a script.
    /// The questions of --force are asked all the same
    #[arg(long, verbatim_doc_comment)]
    pub yes: bool,
    /// Also post texts that are, or may be, on X already.
    /// Asks twice, and is recorded in the audit
    #[arg(long, verbatim_doc_comment)]
    pub force: bool,
}
