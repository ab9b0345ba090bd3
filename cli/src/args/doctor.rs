//! Options of `birdcall doctor`.

use clap::Args;

/// Options of `birdcall doctor`.
#[derive(Clone, Copy, Debug, Args)]
pub struct DoctorOptions {
    /// Offer to set the number's webhook through Twilio's API.
    #[arg(long)]
    pub fix: bool,
    /// With --fix, do not ask.
    #[arg(long, requires = "fix")]
    pub yes: bool,
}
