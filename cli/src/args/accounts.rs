//! Commands of `birdcall accounts`.

use birdcall_domain::phone::Phone;
use clap::{Subcommand, value_parser};

use super::limit::LIMIT;
use crate::parse;

const BLOCK_HELP: &str = "\
The number is unlinked, and a worker has X revoke its tokens.
Its texts that wait are not posted, and nothing is answered.
New texts are recorded and ignored, and no sign-in works,
until the number is unblocked.";

/// Commands of `birdcall accounts`.
#[derive(Debug, Subcommand)]
pub enum AccountsCommand {
    /// List the linked numbers.
    List {
        /// List at most this many numbers.
        #[arg(long, value_name = "N", default_value_t = LIMIT, value_parser = value_parser!(i64).range(1..))]
        limit: i64,
    },
    /// Show one linked number.
    Show {
        /// The number in E.164 format, such as +15551230001.
        #[arg(value_parser = parse::phone)]
        phone: Phone,
    },
    /// Block a number, as when its phone was stolen.
    #[command(after_help = BLOCK_HELP)]
    Block {
        /// The number in E.164 format, such as +15551230001.
        #[arg(value_parser = parse::phone)]
        phone: Phone,
    },
    /// Unblock a number. Its owner has to sign in again.
    Unblock {
        /// The number in E.164 format, such as +15551230001.
        #[arg(value_parser = parse::phone)]
        phone: Phone,
    },
    /// List the blocked numbers, the latest first.
    Blocked {
        /// List at most this many numbers.
        #[arg(long, value_name = "N", default_value_t = LIMIT, value_parser = value_parser!(i64).range(1..))]
        limit: i64,
    },
    /// Unlink a number: its tokens are deleted and revoked at X, and its texts are kept.
    Unlink {
        /// The number in E.164 format, such as +15551230001.
        #[arg(value_parser = parse::phone)]
        phone: Phone,
    },
}
