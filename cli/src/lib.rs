//! The command `birdcall`: the operator's tool, and a trial of Birdcall on one machine.

pub mod args;
mod commands;
mod environment;
mod failure;
mod output;
mod parse;
mod views;

use std::process::ExitCode;

use args::{Args, Command};

/// Runs one command. An error is printed on standard error and becomes the exit code.
pub async fn run(args: Args) -> ExitCode {
    let json = args.json;
    let done = match args.command {
        Command::Dev(options) => commands::dev::run(options).await,
        Command::Doctor => commands::doctor::run().await,
        Command::Migrate => commands::migrate::run().await,
        Command::Texts(command) => commands::texts::run(command, json).await,
        Command::Jobs(command) => commands::jobs::run(command, json).await,
        Command::Replay(options) => commands::replay::run(options, json).await,
        Command::Queue(command) => commands::queue::run(command, json).await,
        Command::Accounts(command) => commands::accounts::run(command, json).await,
        Command::Audit { limit } => commands::audit::run(limit, json).await,
        Command::SweepInbound { since } => commands::sweep_inbound::run(&since).await,
        Command::Backup { file } => commands::backup::run(&file).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("birdcall: {failure}");
            failure.exit_code()
        }
    }
}
