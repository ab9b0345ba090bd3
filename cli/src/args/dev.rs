//! Options of `birdcall dev`.

use std::path::PathBuf;

use clap::Args;

/// Options of `birdcall dev`.
#[derive(Clone, Debug, Args)]
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
