//! Commands and options of `birdcall texts`.

use birdcall_domain::{
    phone::Phone,
    text::{Reason, TextState},
};
use birdcall_ledger::texts::LOOK_AT;
use clap::{Args, Subcommand, value_parser};

use super::limit::LIMIT;
use crate::parse::{self, Moment};

const LIST_EXAMPLES: &str = "\
Examples:
  birdcall texts list --state waiting
  birdcall texts list --phone +15551230001 --since 24h --json";

/// Commands of `birdcall texts`.
#[derive(Debug, Subcommand)]
pub enum TextsCommand {
    /// List texts, newest first.
    #[command(after_help = LIST_EXAMPLES)]
    List(TextsFilter),
    /// Show one text: what happened to it, and what happens next.
    Show {
        /// Twilio's MessageSid of the text, or its first characters.
        sid: String,
    },
    /// Cancel a text that is not posted yet, and tell its sender.
    Cancel {
        /// Twilio's MessageSid of the text, or its first characters.
        sid: String,
    },
    /// Give up a text that waits or is in doubt, and tell its sender.
    GiveUp {
        /// Twilio's MessageSid of the text, or its first characters.
        sid: String,
    },
    /// Text some words of yours to the sender of a text.
    Reply {
        /// Twilio's MessageSid of the text, or its first characters.
        sid: String,
        /// What to say, in at most 1600 characters.
        #[arg(required = true, num_args = 1..)]
        words: Vec<String>,
    },
}

/// Options of `birdcall texts list`. A text is listed if it meets all of them.
#[derive(Clone, Debug, Args)]
pub struct TextsFilter {
    /// List only texts from this number, such as +15551230001.
    #[arg(long, value_parser = parse::phone)]
    pub phone: Option<Phone>,
    /// List only texts in this state.
    #[arg(long, value_parser = parse::text_state(), ignore_case = true)]
    pub state: Option<TextState>,
    /// List only texts with this reason.
    #[arg(long, value_parser = parse::text_reason(), ignore_case = true, hide_possible_values = true)]
    pub reason: Option<Reason>,
    /// List only texts with these words in their error.
    #[arg(long, value_name = "WORDS")]
    pub error: Option<String>,
    /// List only texts received since then: 24h, 1w, 2026-11-20, or a time in RFC 3339.
    #[arg(long, value_name = "TIME", value_parser = parse::moment)]
    pub since: Option<Moment>,
    /// List only texts received before then.
    #[arg(long, value_name = "TIME", value_parser = parse::moment)]
    pub until: Option<Moment>,
    /// List only texts that contain these words.
    #[arg(long, value_name = "WORDS")]
    pub contains: Option<String>,
    /// Look for words in the newest N of the texts that meet the other options.
    #[arg(long, value_name = "N", default_value_t = LOOK_AT, value_parser = value_parser!(i64).range(1..))]
    pub look_at: i64,
    /// List at most this many texts.
    #[arg(long, value_name = "N", default_value_t = LIMIT, value_parser = value_parser!(i64).range(1..))]
    pub limit: i64,
}
