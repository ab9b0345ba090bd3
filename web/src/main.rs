//! The program `birdcall-web`. It serves until SIGTERM or SIGINT.

use std::process::ExitCode;

use birdcall_common::program;

fn main() -> ExitCode {
    program::run(
        "birdcall-web",
        |config| config.listen_addr,
        birdcall_web::run,
    )
}
