//! The program `birdcall`.

use std::process::ExitCode;

use birdcall::args;

#[tokio::main]
async fn main() -> ExitCode {
    match args::read(std::env::args_os()) {
        Ok(args) => birdcall::run(args).await,
        Err(code) => code,
    }
}
