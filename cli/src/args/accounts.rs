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

const ERASE_HELP: &str = "\
Its texts, replies, sign-ins and tokens are deleted, and X is asked
to revoke the tokens. What waits is not posted. It asks for the last
four digits of the number. If it is interrupted, a worker goes on.
It needs SECRET_KEY, to remember the number in a form that names it
to nobody: a text that comes late is not taken in then.";

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
    /// Erase everything that is known of a number.
    #[command(after_help = ERASE_HELP)]
    Erase {
        /// The number in E.164 format, such as +15551230001.
        #[arg(value_parser = parse::phone)]
        phone: Phone,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
        /// Write SQLite's file again as well, without what an earlier version left in it.
        /// Nothing else is written meanwhile, and the disk needs room for a second copy
        #[arg(long, verbatim_doc_comment)]
        vacuum: bool,
    },
    /// Unlink a number: its tokens are deleted and revoked at X, and its texts are kept.
    Unlink {
        /// The number in E.164 format, such as +15551230001.
        #[arg(value_parser = parse::phone)]
        phone: Phone,
    },
}
