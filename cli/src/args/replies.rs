//! Commands and options of `birdcall replies`.

use birdcall_domain::{phone::Phone, reply::ReplyState};
use clap::{Args, Subcommand, value_parser};

use super::limit::LIMIT;
use crate::parse::{self, Moment};

/// Commands of `birdcall replies`.
#[derive(Debug, Subcommand)]
pub enum RepliesCommand {
    /// List replies, newest first.
    List(RepliesFilter),
    /// Show one reply.
    Show {
        /// The id of the reply, as `birdcall replies list` shows it.
        id: String,
    },
}

/// Options of `birdcall replies list`. A reply is listed if it meets all of them.
#[derive(Clone, Debug, Args)]
pub struct RepliesFilter {
    /// List only replies to this number, such as +15551230001.
    #[arg(long, value_parser = parse::phone)]
    pub phone: Option<Phone>,
    /// List only replies in this state.
    #[arg(long, value_parser = parse::reply_state(), ignore_case = true)]
    pub state: Option<ReplyState>,
    /// List only replies with this error of Twilio's, such as 30007.
    #[arg(long, value_name = "CODE")]
    pub error: Option<u32>,
    /// List only replies written since then: 24h, 1w, 2026-11-20, or a time in RFC 3339.
    #[arg(long, value_name = "TIME", value_parser = parse::moment)]
    pub since: Option<Moment>,
    /// List only replies written before then.
    #[arg(long, value_name = "TIME", value_parser = parse::moment)]
    pub until: Option<Moment>,
    /// List at most this many replies.
    #[arg(long, value_name = "N", default_value_t = LIMIT, value_parser = value_parser!(i64).range(1..))]
    pub limit: i64,
}
