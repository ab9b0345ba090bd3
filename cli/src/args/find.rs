//! Options of `birdcall find`.

use birdcall_domain::text::{Reason, TextState};
use birdcall_ledger::texts::LOOK_AT;
use clap::{Args, value_parser};

use super::limit::LIMIT;
use crate::parse::{self, Moment};

pub(super) const FIND_EXAMPLES: &str = "\
Examples:
  birdcall find +15551230001
  birdcall find 'hello from' --since 24h
  birdcall find https://x.com/demo/status/1989012345678901234
  birdcall find SM810f1b13df";

/// Options of `birdcall find`.
#[derive(Clone, Debug, Args)]
pub struct FindOptions {
    /// A phone number, words of a text, the MessageSid of a
    /// text or the sid of a reply or the beginning of either,
    /// the id or the address of a post, or the id of a reply
    /// or of a job
    #[arg(verbatim_doc_comment)]
    pub query: String,
    /// List only texts in this state.
    #[arg(long, value_parser = parse::text_state(), ignore_case = true, hide_possible_values = true)]
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
    /// Look for words in the newest N of the texts that meet the other options.
    #[arg(long, value_name = "N", default_value_t = LOOK_AT, value_parser = value_parser!(i64).range(1..))]
    pub look_at: i64,
    /// List at most this many texts.
    #[arg(long, value_name = "N", default_value_t = LIMIT, value_parser = value_parser!(i64).range(1..))]
    pub limit: i64,
}
