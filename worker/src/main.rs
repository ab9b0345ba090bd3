//! `birdcall-worker`: drains the queue until it is told to stop.

use std::process::ExitCode;

use birdcall_common::program;

fn main() -> ExitCode {
    program::run(
        "birdcall-worker",
        |config| config.worker_listen_addr,
        birdcall_worker::run,
    )
}
