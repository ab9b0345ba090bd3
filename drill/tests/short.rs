//! A short drill on each database engine. `scripts/drill` runs longer ones.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// The folder of the programs. They are built if they are missing.
fn binaries() -> PathBuf {
    let drill = Path::new(env!("CARGO_BIN_EXE_birdcall-drill"));
    let folder = drill
        .parent()
        .expect("the program is in a folder")
        .to_owned();
    let missing = ["birdcall-web", "birdcall-worker"]
        .iter()
        .any(|name| !folder.join(name).exists());
    if missing {
        let built = Command::new(env!("CARGO"))
            .args([
                "build",
                "--bins",
                "-p",
                "birdcall-web",
                "-p",
                "birdcall-worker",
            ])
            .status()
            .expect("cargo runs");
        assert!(
            built.success(),
            "birdcall-web and birdcall-worker cannot be built"
        );
    }
    folder
}

fn every_promise_is_kept(engine: &[&str]) {
    let drill = Command::new(env!("CARGO_BIN_EXE_birdcall-drill"))
        .args([
            "--texts",
            "120",
            "--phones",
            "12",
            "--workers",
            "2",
            "--webs",
            "2",
            // Enough kills for a burst of every kind (drill/src/schedule.rs).
            "--kills",
            "40",
        ])
        .args(["--minutes", "5", "--seed", "3"])
        .args(engine)
        .arg("--binaries")
        .arg(binaries())
        .output()
        .expect("the drill runs");
    let printed = String::from_utf8_lossy(&drill.stdout).into_owned();
    assert!(
        drill.status.success(),
        "{printed}{}",
        String::from_utf8_lossy(&drill.stderr)
    );
    assert!(printed.contains("every promise was kept"), "{printed}");
}

#[test]
fn every_promise_is_kept_on_sqlite() {
    every_promise_is_kept(&[]);
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "the address of PostgreSQL for tests is not a setting of Birdcall"
)]
fn every_promise_is_kept_on_postgres() {
    match std::env::var("BIRDCALL_TEST_POSTGRES") {
        Ok(server) => every_promise_is_kept(&["--engine", "postgres", "--postgres", &server]),
        Err(_) => {
            assert!(
                std::env::var("BIRDCALL_TEST_NOTHING_SKIPPED").is_err(),
                "BIRDCALL_TEST_POSTGRES is not set, and no test may be skipped"
            );
            eprintln!(
                "left out, because BIRDCALL_TEST_POSTGRES is not set: every_promise_is_kept_on_postgres"
            );
        }
    }
}
