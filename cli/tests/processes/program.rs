//! One of our programs, run.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, BufReader},
    process::{Child, Command},
    time::timeout,
};

use crate::waiting::{LIMIT, eventually};

/// The environment of a program: nothing but this.
pub(crate) type Settings = BTreeMap<String, String>;

/// What a program wrote, line by line.
pub(crate) type Log = Arc<Mutex<Vec<String>>>;

/// `birdcall-web`.
pub(crate) const WEB: &str = "birdcall-web";
/// `birdcall-worker`.
pub(crate) const WORKER: &str = "birdcall-worker";

/// A running program.
pub(crate) struct Program {
    process: Child,
    log: Log,
    /// Where it listens.
    pub(crate) address: SocketAddr,
}

/// A program that has ended.
#[derive(Debug)]
pub(crate) struct Ran {
    /// Its exit code; nothing when a signal ended it.
    pub(crate) code: Option<i32>,
    /// Standard output.
    pub(crate) out: String,
    /// Standard error.
    pub(crate) err: String,
}

impl Program {
    /// Starts it and waits until it says where it listens.
    pub(crate) async fn start(name: &str, settings: &Settings) -> Self {
        let mut process = command(name, settings)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("{name} starts: {error}"));
        let log = Log::default();
        collect(process.stdout.take().expect("piped"), &log);
        collect(process.stderr.take().expect("piped"), &log);
        let address = eventually(&format!("{name} says where it listens"), async || {
            lines(&log).iter().find_map(|line| address_in(line))
        })
        .await;
        Self {
            process,
            log,
            address,
        }
    }

    /// What it has written so far.
    pub(crate) fn log(&self) -> &Log {
        &self.log
    }

    /// Sends it a signal.
    pub(crate) async fn signal(&self, signal: &str) {
        let id = self.process.id().expect("it still runs");
        let sent = Command::new("sh")
            .args(["-c", &format!("kill -{signal} {id}")])
            .status()
            .await;
        assert!(sent.expect("a shell").success());
    }

    /// Waits until it has ended by itself.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        timeout(LIMIT, self.process.wait())
            .await
            .unwrap_or_else(|_| panic!("it did not end:\n{}", lines(&self.log).join("\n")))
            .expect("it can be waited for")
    }

    /// SIGTERM, and the end that follows.
    pub(crate) async fn stop(&mut self) -> ExitStatus {
        self.signal("TERM").await;
        self.ended().await
    }
}

/// Runs a program to its end.
pub(crate) async fn run(name: &str, arguments: &[&str], settings: &Settings) -> Ran {
    let mut command = command(name, settings);
    let output = command.args(arguments).kill_on_drop(true).output();
    let output = timeout(LIMIT, output)
        .await
        .unwrap_or_else(|_| panic!("{name} {arguments:?} did not end"))
        .unwrap_or_else(|error| panic!("{name} {arguments:?} starts: {error}"));
    Ran {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).expect("text"),
        err: String::from_utf8(output.stderr).expect("text"),
    }
}

/// A copy of what was written.
pub(crate) fn lines(log: &Log) -> Vec<String> {
    log.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

fn command(name: &str, settings: &Settings) -> Command {
    let mut command = Command::new(binary(name));
    command
        .env_clear()
        .envs(settings)
        // No `.env` is found from here.
        .current_dir("/")
        .stdin(Stdio::null());
    command
}

fn collect(output: impl AsyncRead + Unpin + Send + 'static, log: &Log) {
    let log = Arc::clone(log);
    tokio::spawn(async move {
        let mut lines = BufReader::new(output).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            log.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(line);
        }
    });
}

/// The address behind `http://` in a line.
fn address_in(line: &str) -> Option<SocketAddr> {
    let rest = line.split("http://").nth(1)?;
    let end = rest
        .find(|c: char| !c.is_ascii_digit() && c != '.' && c != ':')
        .unwrap_or(rest.len());
    rest[..end].parse().ok()
}

fn binary(name: &str) -> PathBuf {
    let birdcall = Path::new(env!("CARGO_BIN_EXE_birdcall"));
    if name == "birdcall" {
        return birdcall.to_owned();
    }
    let folder = birdcall.parent().expect("a folder");
    build(folder);
    folder.join(name)
}

/// Cargo builds the binaries of the tested package only. Ours are built here, with the features of
/// the whole workspace, as `cargo build --workspace` does; when they are up to date, that is quick.
fn build(folder: &Path) {
    static BUILT: OnceLock<()> = OnceLock::new();
    BUILT.get_or_init(|| {
        let mut cargo = std::process::Command::new(env!("CARGO"));
        cargo
            .args(["build", "--quiet", "--workspace", "--bin", WEB])
            .args(["--bin", WORKER])
            .arg("--target-dir")
            .arg(folder.parent().expect("the target folder"))
            .current_dir(env!("CARGO_MANIFEST_DIR"));
        if folder.ends_with("release") {
            cargo.arg("--release");
        }
        let built = cargo.status().expect("cargo runs");
        assert!(built.success(), "{WEB} and {WORKER} can't be built");
    });
}
