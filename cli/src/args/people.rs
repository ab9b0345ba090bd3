//! Commands of `birdcall people`.

use birdcall_domain::{people::Note, phone::Phone};
use clap::{Subcommand, value_parser};

use super::limit::LIMIT;
use crate::parse;

const INVITE_HELP: &str = "\
The number may sign up, and the sign-in link is texted to it.
A number is not invited if it is linked or blocked, if it texted
STOP or \\STOP, or if it was invited a short time ago.";

const REMOVE_HELP: &str = "\
A number that is linked keeps its account until it is unlinked
or blocked. An invitation that was not sent yet is not sent.";

/// Commands of `birdcall people`.
#[derive(Debug, Subcommand)]
pub enum PeopleCommand {
    /// List the numbers that may sign up, the latest first.
    List {
        /// List at most this many numbers that operators allowed.
        #[arg(long, value_name = "N", default_value_t = LIMIT, value_parser = value_parser!(i64).range(1..))]
        limit: i64,
    },
    /// Allow a number to sign up. Nothing is texted to it.
    Allow {
        /// The number in E.164 format, such as +15551230001.
        #[arg(value_parser = parse::phone)]
        phone: Phone,
        /// Who that is, in at most 80 characters.
        #[arg(long, value_name = "TEXT", value_parser = parse::note)]
        note: Option<Note>,
    },
    /// Allow a number to sign up, and text it the sign-in link.
    #[command(after_help = INVITE_HELP)]
    Invite {
        /// The number in E.164 format, such as +15551230001.
        #[arg(value_parser = parse::phone)]
        phone: Phone,
        /// Who that is, in at most 80 characters.
        #[arg(long, value_name = "TEXT", value_parser = parse::note)]
        note: Option<Note>,
    },
    /// Take a number off the list.
    #[command(after_help = REMOVE_HELP)]
    Remove {
        /// The number in E.164 format, such as +15551230001.
        #[arg(value_parser = parse::phone)]
        phone: Phone,
    },
}
