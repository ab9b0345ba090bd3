//! Commands of `birdcall jobs`.

use birdcall_ledger::queue::{JobState, Queue};
use clap::{Subcommand, value_parser};

use super::limit::LIMIT;
use crate::parse::{self, Moment};

/// Commands of `birdcall jobs`.
#[derive(Debug, Subcommand)]
pub enum JobsCommand {
    /// List jobs, newest first.
    List {
        /// List only jobs in this queue.
        #[arg(long, value_parser = parse::queue(), ignore_case = true)]
        queue: Option<Queue>,
        /// List only jobs in this state.
        #[arg(long, value_parser = parse::job_state(), ignore_case = true)]
        state: Option<JobState>,
        /// List only jobs for this row: a MessageSid, or the id of a reply.
        #[arg(long, value_name = "ID")]
        subject: Option<String>,
        /// List only jobs pushed since then: 24h, 1w, 2026-11-20, or a time in RFC 3339.
        #[arg(long, value_name = "TIME", value_parser = parse::moment)]
        since: Option<Moment>,
        /// List only jobs pushed before then.
        #[arg(long, value_name = "TIME", value_parser = parse::moment)]
        until: Option<Moment>,
        /// List at most this many jobs.
        #[arg(long, value_name = "N", default_value_t = LIMIT, value_parser = value_parser!(i64).range(1..))]
        limit: i64,
    },
    /// Show one job.
    Show {
        /// The id of the job, as `birdcall jobs list` shows it.
        id: String,
    },
}
