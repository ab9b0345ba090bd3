//! Options of `birdcall spend`.

use clap::{Args, value_parser};

use super::limit::LIMIT;
use crate::parse::{self, Moment};

/// What `--help` says below the options of `birdcall spend`.
pub(super) const SPEND_OUTPUT: &str = "\
The cost is an estimate of what X charges: the lower end if no post
has a link, the upper end if every post has one.";

/// Options of `birdcall spend`.
#[derive(Clone, Debug, Args)]
pub struct SpendOptions {
    /// Count what came since then: 24h, 1w, 2026-11-20, or a time in RFC 3339.
    #[arg(long, value_name = "TIME", default_value = "30d", value_parser = parse::moment)]
    pub since: Moment,
    /// List at most this many numbers.
    #[arg(long, value_name = "N", default_value_t = LIMIT, value_parser = value_parser!(i64).range(1..))]
    pub limit: i64,
}
