//! Every command and option. The comments here are the text of `--help`.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand};

const EXIT_CODES: &str = "\
Exit codes:
  0   done
  1   refused or failed
  2   wrong usage
  78  a setting is missing or malformed";

const DOCTOR_OUTPUT: &str = "\
Prints one line for each check: ok, or WRONG and what to do.";

const LIST_EXAMPLES: &str = "\
Examples:
  birdcall texts list --state waiting
  birdcall texts list --phone +15551230001 --since 24h --json";

const REPLAY_EXAMPLES: &str = "\
Examples:
  birdcall replay SM810f1b13dfc9da01792cab08b560f849
  birdcall replay --state failed --since 24h --dry-run";

/// Text a phone number, and the text is posted on your X account.
#[derive(Debug, Parser)]
#[command(name = "birdcall", version, after_help = EXIT_CODES)]
pub struct Args {
    /// Print JSON: an array for a list, an object for `show`.
    #[arg(long, global = true)]
    pub json: bool,
    /// The command to run.
    #[command(subcommand)]
    pub command: Command,
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
        #[arg(long, value_name = "N", default_value_t = 100)]
        limit: i64,
    },
    /// Take in texts that Twilio has and the ledger does not.
    SweepInbound {
        /// Look back this far in Twilio's list.
        #[arg(long, value_name = "DURATION", default_value = "24h")]
        since: String,
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
    #[arg(long, default_value_t = 8080, verbatim_doc_comment)]
    pub port: u16,
    /// Keep the database in this folder. Without this option,
    /// every start begins with an empty database
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
        /// Twilio's MessageSid of the text.
        sid: String,
    },
}

/// Options of `birdcall texts list`. A text is listed if it meets all of them.
#[derive(Clone, Debug, ClapArgs)]
pub struct TextsFilter {
    /// List only texts from this number, such as +15551230001.
    #[arg(long)]
    pub phone: Option<String>,
    /// List only texts in this state: received, waiting,
    /// publishing, published, refused, failed, in_doubt,
    /// command or ignored
    #[arg(long, verbatim_doc_comment)]
    pub state: Option<String>,
    /// List only texts received within this time, such as 24h.
    #[arg(long, value_name = "DURATION")]
    pub since: Option<String>,
    /// List only texts that contain these words.
    #[arg(long, value_name = "WORDS")]
    pub contains: Option<String>,
    /// List at most this many texts.
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub limit: i64,
}

/// Commands of `birdcall jobs`.
#[derive(Debug, Subcommand)]
pub enum JobsCommand {
    /// List jobs, newest first.
    List {
        /// List only jobs in this queue: tweet, reauth, reply, refresh
        /// or revoke
        #[arg(long, verbatim_doc_comment)]
        queue: Option<String>,
        /// List only jobs in this state: Pending, Queued, Running,
        /// Done, Failed or Killed
        #[arg(long, verbatim_doc_comment)]
        state: Option<String>,
        /// List at most this many jobs.
        #[arg(long, value_name = "N", default_value_t = 100)]
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
        verbatim_doc_comment
    )]
    pub state: Option<String>,
    /// Run only texts received within this time, such as 24h.
    #[arg(long, value_name = "DURATION")]
    pub since: Option<String>,
    /// Say what would happen, and change nothing.
    #[arg(long)]
    pub dry_run: bool,
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
        /// The queue: tweet or reply.
        queue: String,
    },
    /// Resume a queue, whether an operator or X caused the pause.
    Resume {
        /// The queue: tweet or reply.
        queue: String,
    },
    /// Show how full the queues are, and what they wait for.
    Stats,
}

/// Commands of `birdcall accounts`.
#[derive(Debug, Subcommand)]
pub enum AccountsCommand {
    /// List the linked numbers.
    List,
    /// Show one linked number.
    Show {
        /// The number in E.164 format, such as +15551230001.
        phone: String,
    },
    /// Revoke a number's tokens at X and delete them, but keep its texts.
    Unlink {
        /// The number in E.164 format, such as +15551230001.
        phone: String,
    },
}
