//! A short drill on each engine; `scripts/drill` holds long ones.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// The folder of the programs, which are built when they are missing.
fn binaries() -> PathBuf {
    let drill = Path::new(env!("CARGO_BIN_EXE_birdcall-drill"));
    let folder = drill
        .parent()
        .expect("a program lies in a folder")
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
            "birdcall-web and birdcall-worker can't be built"
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
            // So many that every kind of trouble comes (drill/src/schedule.rs).
            "--kills",
            "40",
        ])
        .args(["--minutes", "5", "--seed", "3"])
        .args(engine)
        .arg("--binaries")
        .arg(binaries())
        .output()
        .expect("the drill runs");
    let said = String::from_utf8_lossy(&drill.stdout).into_owned();
    assert!(
        drill.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&drill.stderr)
    );
    assert!(said.contains("every promise was kept"), "{said}");
}

#[test]
fn every_promise_is_kept_on_sqlite() {
    every_promise_is_kept(&[]);
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "tells the test where PostgreSQL is, not the product"
)]
fn every_promise_is_kept_on_postgres() {
    match std::env::var("BIRDCALL_TEST_POSTGRES") {
        Ok(server) => every_promise_is_kept(&["--engine", "postgres", "--postgres", &server]),
        Err(_) => {
            assert!(
                std::env::var("BIRDCALL_TEST_NOTHING_SKIPPED").is_err(),
                "PostgreSQL is missing"
            );
            eprintln!("left out for want of PostgreSQL (BIRDCALL_TEST_POSTGRES): the drill on it");
        }
    }
}
