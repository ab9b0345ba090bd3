//! The options of the drill. The comments here are the text of `--help`.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};

/// Run processes with faults and kills, and count which promises were kept.
#[derive(Clone, Debug, Parser)]
#[command(name = "birdcall-drill", after_help = EXIT_CODES)]
pub(crate) struct Args {
    /// Send this many texts.
    #[arg(long, value_name = "N", default_value_t = 300)]
    pub(crate) texts: usize,
    /// Send them from this many phones.
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) phones: usize,
    /// Run this many worker processes.
    #[arg(long, value_name = "N", default_value_t = 2)]
    pub(crate) workers: usize,
    /// Run this many web processes.
    #[arg(long, value_name = "N", default_value_t = 2)]
    pub(crate) webs: usize,
    /// Kill a process this many times.
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(crate) kills: usize,
    /// Begin this many times a replay of everything, by the
    /// command and in the console, while texts arrive
    #[arg(long, value_name = "N", default_value_t = 0, verbatim_doc_comment)]
    pub(crate) replays: usize,
    /// Instead of sending texts, fill the ledger with this many
    /// texts that were refused, begin one replay of all of them
    /// in the console, and kill webs and workers meanwhile
    #[arg(
        long,
        value_name = "N",
        default_value_t = 0,
        conflicts_with_all = ["texts", "replays"],
        verbatim_doc_comment
    )]
    pub(crate) replay_texts: usize,
    /// Use sqlite or postgres.
    #[arg(long, value_enum, default_value_t = Engine::Sqlite, hide_possible_values = true)]
    pub(crate) engine: Engine,
    /// Create the database on this server:
    /// postgres://USER@HOST/DATABASE
    #[arg(
        long,
        value_name = "URL",
        required_if_eq("engine", "postgres"),
        verbatim_doc_comment
    )]
    pub(crate) postgres: Option<String>,
    /// Choose kills and trouble with this seed.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Give up waiting after this many minutes.
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(crate) minutes: u64,
    /// Keep the database and the log in this folder.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) keep: Option<PathBuf>,
    /// Find birdcall-web, birdcall-worker and birdcall in this folder
    /// instead of the folder of this program
    #[arg(long, value_name = "FOLDER", verbatim_doc_comment)]
    pub(crate) binaries: Option<PathBuf>,
}

/// The database engine that the processes share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  every promise was kept
  1  a promise was broken
  2  the drill could not be run";
