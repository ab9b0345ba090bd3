//! `birdcall-web`: serves until it is told to stop.

use std::process::ExitCode;

use birdcall_common::program;

fn main() -> ExitCode {
    program::run(
        "birdcall-web",
        |config| config.listen_addr,
        birdcall_web::run,
    )
}
