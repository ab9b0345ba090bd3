//! Every command and option, one file for each command that has some. The comments here are the text of `--help`.

mod accounts;
mod audit;
mod dev;
mod doctor;
mod find;
mod jobs;
mod limit;
mod operators;
mod people;
mod queue;
mod replay;
mod replies;
mod shell;
mod spend;
mod status;
mod texts;
mod workers;

use std::{ffi::OsString, path::PathBuf, process::ExitCode, time::Duration};

use clap::{Parser, Subcommand};
use secrecy::SecretString;

use crate::{failure::Failure, parse};
use find::FIND_EXAMPLES;
use replay::REPLAY_EXAMPLES;
use shell::COMPLETIONS_EXAMPLES;
use spend::SPEND_OUTPUT;
use status::STATUS_OUTPUT;

pub use accounts::AccountsCommand;
pub use audit::{AuditOptions, ExportFormat};
pub use dev::DevOptions;
pub use doctor::DoctorOptions;
pub use find::FindOptions;
pub use jobs::JobsCommand;
pub use operators::OperatorsCommand;
pub use people::PeopleCommand;
pub use queue::QueueCommand;
pub use replay::{ReplayOptions, RunsCommand};
pub use replies::{RepliesCommand, RepliesFilter};
pub use shell::{CompletionsOptions, ManOptions};
pub use spend::SpendOptions;
pub use status::StatusOptions;
pub use texts::{TextsCommand, TextsFilter};
pub use workers::WorkersCommand;

const EXIT_CODES: &str = "\
Exit codes:
  0   done
  1   refused or failed
  2   wrong usage
  78  a setting is missing or malformed";

const DOCTOR_OUTPUT: &str = "\
Prints one line for each check: ok, WRONG and what to do,
or SKIP if something else has to be put right first.";

/// Text a phone number, and the text is posted on your X account.
#[derive(Debug, Parser)]
#[command(name = "birdcall", version, after_help = EXIT_CODES)]
pub struct Args {
    /// Print JSON: an array for a list, otherwise an object.
    /// Errors are JSON too, on standard error
    #[arg(long, global = true, verbatim_doc_comment)]
    pub json: bool,
    /// Your name, for the audit. Without this option, it is
    /// BIRDCALL_OPERATOR, or the user who runs this command
    #[arg(long = "as", global = true, value_name = "NAME", value_parser = parse::operator_name, verbatim_doc_comment)]
    pub operator: Option<String>,
    /// Why you do it, for the audit
    #[arg(long, global = true, value_name = "TEXT", value_parser = parse::reason)]
    pub why: Option<String>,
    /// Use this database. It goes before DATABASE_URL of the
    /// environment and of the file. Every user of this machine
    /// can see it, so put a password into a file instead
    #[arg(long, global = true, value_name = "URL", value_parser = parse::secret, verbatim_doc_comment)]
    pub database: Option<SecretString>,
    /// Read the settings from this file, and not from .env or
    /// from the file that ENV_FILE names. The environment goes
    /// before it
    #[arg(long, global = true, value_name = "FILE", verbatim_doc_comment)]
    pub env_file: Option<PathBuf>,
    /// The command to run.
    #[command(subcommand)]
    pub command: Command,
}

/// Reads the arguments. `Err` is the exit code, after the help, the version or the error was printed.
///
/// # Errors
///
/// See the exit codes of `birdcall --help`.
pub fn read(arguments: impl Iterator<Item = OsString>) -> Result<Args, ExitCode> {
    let arguments: Vec<OsString> = arguments.collect();
    let json = arguments.iter().any(|argument| argument == "--json");
    Args::try_parse_from(arguments).map_err(|error| {
        if error.use_stderr() && json {
            return Failure::of_usage(&error).tell(json);
        }
        // It is not an error if the reader has gone away.
        let _ = error.print();
        ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(u8::MAX))
    })
}

/// The commands of `birdcall`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Try Birdcall on this machine, with a simulated X and Twilio.
    Dev(DevOptions),
    /// Check the settings, the database, the clock, Twilio and X.
    #[command(after_help = DOCTOR_OUTPUT)]
    Doctor(DoctorOptions),
    /// Bring the schema of the database up to date.
    Migrate,
    /// Say whether anything is wrong, and show the figures.
    #[command(after_help = STATUS_OUTPUT)]
    Status(StatusOptions),
    /// List the numbers that spend most.
    #[command(after_help = SPEND_OUTPUT)]
    Spend(SpendOptions),
    /// Find texts by a number, words, a sid, a post or a job.
    #[command(after_help = FIND_EXAMPLES)]
    Find(FindOptions),
    /// List texts, show what happened to one, and end one.
    #[command(subcommand)]
    Texts(TextsCommand),
    /// List replies, and show one.
    #[command(subcommand)]
    Replies(RepliesCommand),
    /// List and show jobs in the queues.
    #[command(subcommand)]
    Jobs(JobsCommand),
    /// Run texts again, without posting a text twice.
    #[command(after_help = REPLAY_EXAMPLES)]
    Replay(ReplayOptions),
    /// Pause and resume queues, and show how full they are.
    #[command(subcommand)]
    Queue(QueueCommand),
    /// List the workers, and what they hold.
    #[command(subcommand)]
    Workers(WorkersCommand),
    /// List, show and unlink phone numbers.
    #[command(subcommand)]
    Accounts(AccountsCommand),
    /// Say who may sign up, besides the settings, and invite people.
    #[command(subcommand)]
    People(PeopleCommand),
    /// Add, change and remove the people who may use the console.
    #[command(subcommand)]
    Operators(OperatorsCommand),
    /// List who did what, newest first.
    Audit(AuditOptions),
    /// Take in texts that Twilio has and the ledger does not.
    SweepInbound {
        /// Look back this far in Twilio's list.
        #[arg(long, value_name = "DURATION", default_value = "24h", value_parser = parse::duration)]
        since: Duration,
    },
    /// Copy the SQLite database while it is in use, and check the copy.
    Backup {
        /// Write the copy to this file, which must not exist yet.
        file: PathBuf,
    },
    /// Print what a shell needs to complete commands and options.
    #[command(after_help = COMPLETIONS_EXAMPLES)]
    Completions(CompletionsOptions),
    /// Print the page of the manual, or write all pages to a folder.
    Man(ManOptions),
}
