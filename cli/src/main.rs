//! The program `birdcall`.

use std::process::ExitCode;

use birdcall::args::Args;
use clap::Parser as _;

#[tokio::main]
async fn main() -> ExitCode {
    birdcall::run(Args::parse()).await
}
