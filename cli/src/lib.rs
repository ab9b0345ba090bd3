//! The command `birdcall`: the operator's tool, and a trial of Birdcall on one machine.

mod answer;
pub mod args;
mod commands;
mod environment;
mod failure;
mod find;
mod operator;
mod output;
mod parse;
mod shortened;
mod terminal;
mod views;

use std::process::ExitCode;

use args::{Args, Command};
use operator::Who;

/// Runs one command. An error is printed on standard error and becomes the exit code.
pub async fn run(args: Args) -> ExitCode {
    let json = args.json;
    if let Err(failure) = environment::prefer(args.database, args.env_file) {
        return failure.tell(json);
    }
    let who = Who::new(args.operator, args.why);
    let done = match args.command {
        Command::Dev(options) => commands::dev::run(options, json).await,
        Command::Doctor(options) => commands::doctor::run(options, json).await,
        Command::Migrate => commands::migrate::run(json).await,
        Command::Find(options) => commands::find::run(options, json).await,
        Command::Texts(command) => commands::texts::run(command, &who, json).await,
        Command::Status(options) => commands::status::run(options, json).await,
        Command::Spend(options) => commands::spend::run(options, json).await,
        Command::Replies(command) => commands::replies::run(command, json).await,
        Command::Workers(command) => commands::workers::run(command, json).await,
        Command::Jobs(command) => commands::jobs::run(command, json).await,
        Command::Replay(options) => commands::replay::run(options, &who, json).await,
        Command::Queue(command) => commands::queue::run(command, &who, json).await,
        Command::Accounts(command) => commands::accounts::run(command, &who, json).await,
        Command::People(command) => commands::people::run(command, &who, json).await,
        Command::Operators(command) => commands::operators::run(command, &who, json).await,
        Command::Audit(options) => commands::audit::run(options, &who, json).await,
        Command::SweepInbound { since } => commands::sweep_inbound::run(since, json).await,
        Command::Backup { file } => commands::backup::run(&file, json).await,
        Command::Completions(options) => commands::shell::completions(&options, json),
        Command::Man(options) => commands::shell::man(&options, json),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.tell(json),
    }
}
