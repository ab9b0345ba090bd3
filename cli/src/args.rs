//! Every command and option.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand};

/// Text a phone number, and the text is posted on your X account.
///
/// Exit codes: 0 done, 1 refused or failed, 2 usage, 78 configuration.
#[derive(Debug, Parser)]
#[command(name = "birdcall", version, max_term_width = 100)]
pub struct Args {
    /// Print JSON: one array, or one object for `show`.
    #[arg(long, global = true)]
    pub json: bool,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Try everything on this machine: web, worker, simulated X and Twilio, a page with a phone.
    Dev(DevOptions),
    /// Check settings, database, clock, Twilio and X; one line each, with how to mend it.
    Doctor,
    /// Bring the database's schema up.
    Migrate,
    /// The ledger: texts from arrival to delivery receipt.
    #[command(subcommand)]
    Texts(TextsCommand),
    /// The job queue.
    #[command(subcommand)]
    Jobs(JobsCommand),
    /// Run texts again; never posts what is already posted.
    Replay(ReplayOptions),
    /// Pause, resume and count queues.
    #[command(subcommand)]
    Queue(QueueCommand),
    /// Linked numbers.
    #[command(subcommand)]
    Accounts(AccountsCommand),
    /// Who did what, newest first.
    Audit {
        /// At most so many.
        #[arg(long, default_value_t = 100)]
        limit: i64,
    },
    /// Take in texts that Twilio has and the ledger does not.
    SweepInbound {
        /// How far back: a duration such as 24h.
        #[arg(long, default_value = "24h")]
        since: String,
    },
    /// Copy the SQLite database to a file while it is in use, and check the copy.
    Backup {
        /// Must not exist yet.
        file: PathBuf,
    },
}

/// `birdcall dev`.
#[derive(Clone, Debug, ClapArgs)]
pub struct DevOptions {
    /// The page's port; web takes the next one. 0 picks free ones.
    #[arg(long, default_value_t = 8080)]
    pub port: u16,
    /// Keep the database in this folder; without it every start is a fresh one.
    #[arg(long)]
    pub data: Option<PathBuf>,
    /// No stand-ins: web and worker in one process, with the settings of the environment.
    #[arg(long)]
    pub no_sim: bool,
}

/// `birdcall texts`.
#[derive(Debug, Subcommand)]
pub enum TextsCommand {
    /// Texts, newest first.
    List(TextsFilter),
    /// One text, with attempts and replies.
    Show {
        /// Twilio's MessageSid.
        sid: String,
    },
}

/// Which texts.
#[derive(Clone, Debug, ClapArgs)]
pub struct TextsFilter {
    /// From this number.
    #[arg(long)]
    pub phone: Option<String>,
    /// In this state: received, waiting, publishing, published, refused, failed, in_doubt,
    /// command, ignored.
    #[arg(long)]
    pub state: Option<String>,
    /// Received within this duration, such as 24h.
    #[arg(long)]
    pub since: Option<String>,
    /// The body holds this.
    #[arg(long)]
    pub contains: Option<String>,
    /// At most so many.
    #[arg(long, default_value_t = 100)]
    pub limit: i64,
}

/// `birdcall jobs`.
#[derive(Debug, Subcommand)]
pub enum JobsCommand {
    /// Jobs, newest first.
    List {
        /// tweet, reauth, reply or refresh.
        #[arg(long)]
        queue: Option<String>,
        /// Pending, Queued, Running, Done, Failed or Killed.
        #[arg(long)]
        state: Option<String>,
        /// At most so many.
        #[arg(long, default_value_t = 100)]
        limit: i64,
    },
    /// One job.
    Show {
        /// The job's id.
        id: String,
    },
}

/// `birdcall replay`.
#[derive(Clone, Debug, ClapArgs)]
pub struct ReplayOptions {
    /// MessageSids.
    #[arg(required_unless_present = "state")]
    pub sids: Vec<String>,
    /// All texts in this state instead: failed, refused, in_doubt…
    #[arg(long, requires = "since", conflicts_with = "sids")]
    pub state: Option<String>,
    /// Received within this duration, such as 24h.
    #[arg(long)]
    pub since: Option<String>,
    /// Only say what would happen.
    #[arg(long)]
    pub dry_run: bool,
    /// Post again even what is or may be posted. Asks twice, and is audited.
    #[arg(long)]
    pub force: bool,
}

/// `birdcall queue`.
#[derive(Debug, Subcommand)]
pub enum QueueCommand {
    /// Let a queue's work wait until it is resumed.
    Pause {
        /// tweet or reply.
        queue: String,
    },
    /// Go on, whatever paused it.
    Resume {
        /// tweet or reply.
        queue: String,
    },
    /// How full the queues are, and what they wait for.
    Stats,
}

/// `birdcall accounts`.
#[derive(Debug, Subcommand)]
pub enum AccountsCommand {
    /// Linked numbers.
    List,
    /// One number.
    Show {
        /// +E.164.
        phone: String,
    },
    /// Revoke its tokens at X and forget them; its texts stay.
    Unlink {
        /// +E.164.
        phone: String,
    },
}
