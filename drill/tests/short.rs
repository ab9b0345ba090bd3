//! Short drills on each database engine. `scripts/drill` runs longer ones.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// What `cargo test` sets and a cargo inside it must not see: ring is compiled again when one of them
/// changes, and with it whatever uses TLS.
const SET_BY_CARGO: [&str; 7] = [
    "CARGO_MANIFEST_DIR",
    "CARGO_MANIFEST_LINKS",
    "CARGO_PKG_NAME",
    "CARGO_PKG_VERSION_MAJOR",
    "CARGO_PKG_VERSION_MINOR",
    "CARGO_PKG_VERSION_PATCH",
    "CARGO_PKG_VERSION_PRE",
];

/// Builds the programs, and returns their folder.
fn binaries() -> PathBuf {
    let drill = Path::new(env!("CARGO_BIN_EXE_birdcall-drill"));
    let folder = drill.parent().expect("the program is in a folder");
    let mut cargo = Command::new(env!("CARGO"));
    for name in SET_BY_CARGO {
        cargo.env_remove(name);
    }
    let built = cargo
        .args(["build", "--quiet", "--workspace"])
        .args(["--bin", "birdcall-web", "--bin", "birdcall-worker"])
        .args(["--bin", "birdcall"])
        .arg("--target-dir")
        .arg(folder.parent().expect("the target folder"))
        .status()
        .expect("cargo runs");
    assert!(built.success(), "the programs cannot be built");
    folder.to_owned()
}

/// People text, and everything is replayed twice by the command and twice in the console. There are enough
/// kills for a burst of every kind (drill/src/schedule.rs).
const LIVE: [&str; 6] = ["--texts", "120", "--kills", "45", "--replays", "2"];
/// One replay of many texts, while every process is killed once.
const BULK: [&str; 4] = ["--replay-texts", "120", "--kills", "4"];

fn every_promise_is_kept(what: &[&str], engine: &[&str]) {
    let drill = Command::new(env!("CARGO_BIN_EXE_birdcall-drill"))
        .args(what)
        .args(["--phones", "12", "--workers", "2", "--webs", "2"])
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
    every_promise_is_kept(&LIVE, &[]);
}

#[test]
fn every_promise_is_kept_on_postgres() {
    on_postgres("every_promise_is_kept_on_postgres", &LIVE);
}

#[test]
fn a_replay_of_many_survives_its_processes_on_sqlite() {
    every_promise_is_kept(&BULK, &[]);
}

#[test]
fn a_replay_of_many_survives_its_processes_on_postgres() {
    on_postgres("a_replay_of_many_survives_its_processes_on_postgres", &BULK);
}

/// Runs a drill on PostgreSQL, if there is a server. `name` is the name of the test.
fn on_postgres(name: &str, what: &[&str]) {
    match setting("BIRDCALL_TEST_POSTGRES") {
        Some(server) => {
            every_promise_is_kept(what, &["--engine", "postgres", "--postgres", &server]);
        }
        None => {
            assert!(
                setting("BIRDCALL_TEST_NOTHING_SKIPPED").is_none(),
                "BIRDCALL_TEST_POSTGRES is not set, and no test may be skipped"
            );
            eprintln!("left out, because BIRDCALL_TEST_POSTGRES is not set: {name}");
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "what tests may use is not a setting of Birdcall"
)]
fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
