//! Options of `birdcall completions` and `birdcall man`.

use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;

pub(super) const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  birdcall completions bash > /etc/bash_completion.d/birdcall
  birdcall completions zsh > ~/.zfunc/_birdcall
  birdcall completions fish > ~/.config/fish/completions/birdcall.fish";

/// Options of `birdcall completions`.
#[derive(Clone, Debug, Args)]
pub struct CompletionsOptions {
    /// The shell.
    pub shell: Shell,
}

/// Options of `birdcall man`.
#[derive(Clone, Debug, Args)]
pub struct ManOptions {
    /// Write a page for every command to this folder.
    pub folder: Option<PathBuf>,
}
