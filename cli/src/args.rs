//! Every command and option. The comments here are the text of `--help`.

use std::{ffi::OsString, path::PathBuf, process::ExitCode, time::Duration};

use birdcall_domain::{phone::Phone, text::TextState};
use birdcall_ledger::{
    queue::{JobState, Queue},
    texts::LOOK_AT,
};
use clap::{Args as ClapArgs, Parser, Subcommand, value_parser};

use crate::{failure::Failure, parse};

const EXIT_CODES: &str = "\
Exit codes:
  0   done
  1   refused or failed
  2   wrong usage
  78  a setting is missing or malformed";

const DOCTOR_OUTPUT: &str = "\
Prints one line for each check: ok, WRONG and what to do,
or SKIP if something else has to be put right first.";

const LIST_EXAMPLES: &str = "\
Examples:
  birdcall texts list --state waiting
  birdcall texts list --phone +15551230001 --since 24h --json";

const REPLAY_EXAMPLES: &str = "\
Examples:
  birdcall replay SM810f1b13dfc9da01792cab08b560f849
  birdcall replay --state failed --since 24h --dry-run";

/// How many rows a list shows if nothing else is asked for.
const LIMIT: i64 = 100;

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
    Doctor,
    /// Bring the schema of the database up to date.
    Migrate,
    /// List texts, and show one with its attempts and replies.
    #[command(subcommand)]
    Texts(TextsCommand),
    /// List and show jobs in the queues.
    #[command(subcommand)]
    Jobs(JobsCommand),
    /// Run texts again, without posting a text twice.
    #[command(after_help = REPLAY_EXAMPLES)]
    Replay(ReplayOptions),
    /// Pause and resume queues, and show how full they are.
    #[command(subcommand)]
    Queue(QueueCommand),
    /// List, show and unlink phone numbers.
    #[command(subcommand)]
    Accounts(AccountsCommand),
    /// List who did what, newest first.
    Audit {
        /// List at most this many entries.
        #[arg(long, value_name = "N", default_value_t = LIMIT, value_parser = value_parser!(i64).range(1..))]
        limit: i64,
    },
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
}

/// Options of `birdcall dev`.
#[derive(Clone, Debug, ClapArgs)]
pub struct DevOptions {
    /// Serve the page on this port, and web on the next one.
    /// 0 picks free ports
    #[arg(long, default_value_t = 8080, value_parser = clap::value_parser!(u16).range(..=65_534), verbatim_doc_comment)]
    pub port: u16,
    /// Keep the database, the key and the simulated X and
    /// Twilio in this folder, and go on where a trial with it
    /// stopped. Without this option, every start begins empty
    #[arg(long, value_name = "FOLDER", verbatim_doc_comment)]
    pub data: Option<PathBuf>,
    /// Run web and a worker with your own settings, without
    /// the simulated X and Twilio
    #[arg(long, verbatim_doc_comment)]
    pub no_sim: bool,
}

/// Commands of `birdcall texts`.
#[derive(Debug, Subcommand)]
pub enum TextsCommand {
    /// List texts, newest first.
    #[command(after_help = LIST_EXAMPLES)]
    List(TextsFilter),
    /// Show one text with its attempts and replies.
    Show {
        /// Twilio's MessageSid of the text, or its first characters.
        sid: String,
    },
}

/// Options of `birdcall texts list`. A text is listed if it meets all of them.
#[derive(Clone, Debug, ClapArgs)]
pub struct TextsFilter {
    /// List only texts from this number, such as +15551230001.
    #[arg(long, value_parser = parse::phone)]
    pub phone: Option<Phone>,
    /// List only texts in this state.
    #[arg(long, value_parser = parse::text_state(), ignore_case = true)]
    pub state: Option<TextState>,
    /// List only texts received within this time, such as 24h.
    #[arg(long, value_name = "DURATION", value_parser = parse::duration)]
    pub since: Option<Duration>,
    /// List only texts that contain these words.
    #[arg(long, value_name = "WORDS")]
    pub contains: Option<String>,
    /// Look for the words in the newest N of the texts that meet the other options.
    #[arg(long, value_name = "N", default_value_t = LOOK_AT, requires = "contains", value_parser = value_parser!(i64).range(1..))]
    pub look_at: i64,
    /// List at most this many texts.
    #[arg(long, value_name = "N", default_value_t = LIMIT, value_parser = value_parser!(i64).range(1..))]
    pub limit: i64,
}

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

/// Options of `birdcall replay`.
#[derive(Clone, Debug, ClapArgs)]
pub struct ReplayOptions {
    /// Twilio's MessageSids of the texts.
    #[arg(value_name = "SID", required_unless_present = "state")]
    pub sids: Vec<String>,
    /// Run all texts in this state instead of named texts,
    /// such as failed, refused or in_doubt. Needs --since
    #[arg(
        long,
        requires = "since",
        conflicts_with = "sids",
        value_parser = parse::text_state(),
        ignore_case = true,
        verbatim_doc_comment
    )]
    pub state: Option<TextState>,
    /// Run only texts received within this time, such as 24h.
    #[arg(long, value_name = "DURATION", value_parser = parse::duration)]
    pub since: Option<Duration>,
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

/// Commands of `birdcall queue`.
#[derive(Debug, Subcommand)]
pub enum QueueCommand {
    /// Pause a queue until it is resumed.
    Pause {
        /// The queue.
        #[arg(value_parser = parse::pausable_queue(), ignore_case = true)]
        queue: Queue,
    },
    /// Resume a queue, whether an operator or X caused the pause.
    Resume {
        /// The queue.
        #[arg(value_parser = parse::pausable_queue(), ignore_case = true)]
        queue: Queue,
    },
    /// Show how full the queues are, and what they wait for.
    Stats,
}

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
    /// Revoke a number's tokens at X and delete them, but keep its texts.
    Unlink {
        /// The number in E.164 format, such as +15551230001.
        #[arg(value_parser = parse::phone)]
        phone: Phone,
    },
}
