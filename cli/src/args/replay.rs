//! The options of `birdcall replay`.

use birdcall_domain::{
    phone::Phone,
    replay_run::Pace,
    text::{Reason, TextState},
};
use clap::{Args as ClapArgs, Subcommand, value_parser};

use super::limit::LIMIT;
use crate::parse::{self, Moment};

pub(super) const REPLAY_EXAMPLES: &str = "\
Examples:
  birdcall replay SM810f1b13dfc9da01792cab08b560f849
  birdcall replay --state failed --since 24h --dry-run
  birdcall replay --state failed,refused --reason too_many --since 2026-11-20
  birdcall replay stop RXbMAPuyCxVb3ENKz";

/// Options of `birdcall replay`.
#[derive(Clone, Debug, ClapArgs)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct ReplayOptions {
    /// What to do with replays that workers carry out.
    #[command(subcommand)]
    pub runs: Option<RunsCommand>,
    /// Twilio's MessageSids of the texts.
    #[arg(value_name = "SID", required_unless_present_any = FILTERS)]
    pub sids: Vec<String>,
    /// Run all texts in this state instead of named texts,
    /// such as failed, refused or in_doubt. Several states
    /// are separated by commas. Needs --since or --phone.
    /// Workers carry it out, oldest text first
    #[arg(
        long,
        conflicts_with = "sids",
        value_parser = parse::text_state(),
        ignore_case = true,
        value_delimiter = ',',
        verbatim_doc_comment
    )]
    pub state: Vec<TextState>,
    /// Run only texts from this number.
    #[arg(long, conflicts_with = "sids", value_parser = parse::phone)]
    pub phone: Option<Phone>,
    /// Run only texts with this reason.
    #[arg(long, conflicts_with = "sids", value_parser = parse::text_reason(), ignore_case = true, hide_possible_values = true)]
    pub reason: Option<Reason>,
    /// Run only texts with these words in their error, such
    /// as "HTTP 503"
    #[arg(
        long,
        value_name = "WORDS",
        conflicts_with = "sids",
        verbatim_doc_comment
    )]
    pub error: Option<String>,
    /// Run only texts received since then: 24h, 7d or 1w
    /// ago, or a date such as 2026-11-22
    #[arg(long, value_name = "TIME", conflicts_with = "sids", value_parser = parse::moment, verbatim_doc_comment)]
    pub since: Option<Moment>,
    /// Run only texts received until then.
    #[arg(long, value_name = "TIME", conflicts_with = "sids", value_parser = parse::moment)]
    pub until: Option<Moment>,
    /// Run only texts that contain these words.
    #[arg(long, value_name = "WORDS", conflicts_with = "sids")]
    pub contains: Option<String>,
    /// Run this many texts per minute. Without this
    /// option, it is REPLAY_PACE
    #[arg(long, value_name = "N", conflicts_with = "sids", verbatim_doc_comment)]
    pub pace: Option<Pace>,
    /// Do not wait until all texts are run.
    #[arg(long, conflicts_with_all = ["sids", "dry_run"])]
    pub detach: bool,
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

/// Each of these options names texts.
const FILTERS: [&str; 7] = [
    "state", "phone", "reason", "error", "since", "until", "contains",
];

impl ReplayOptions {
    /// Whether too little is said of which texts: a forgotten option must not run again all that ever
    /// failed.
    #[must_use]
    pub fn is_boundless(&self) -> bool {
        self.sids.is_empty() && self.runs.is_none() && self.since.is_none() && self.phone.is_none()
    }
}

/// What to do with replays that workers carry out.
#[derive(Clone, Debug, Subcommand)]
pub enum RunsCommand {
    /// List the replays that workers carry out, newest first.
    Runs {
        /// List at most this many replays.
        #[arg(long, value_name = "N", default_value_t = LIMIT, value_parser = value_parser!(i64).range(1..))]
        limit: i64,
    },
    /// Show one replay and how far it has come.
    Show {
        /// The id of the replay, as `birdcall replay runs` shows it.
        #[arg(allow_hyphen_values = true)]
        id: String,
    },
    /// Stop a replay. What it has run already goes on.
    Stop {
        /// The id of the replay, as `birdcall replay runs` shows it.
        #[arg(allow_hyphen_values = true)]
        id: String,
    },
}
