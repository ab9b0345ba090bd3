//! Runs the programs and collects what they write.

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

/// The whole environment of a program.
pub(crate) type Settings = BTreeMap<String, String>;

/// What a program wrote, line by line.
pub(crate) type Log = Arc<Mutex<Vec<String>>>;

pub(crate) const WEB: &str = "birdcall-web";
pub(crate) const WORKER: &str = "birdcall-worker";

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

/// A web or a worker that runs. It is killed when it is dropped.
pub(crate) struct Program {
    process: Child,
    log: Log,
    /// The address that it listens on.
    pub(crate) address: SocketAddr,
}

/// A program that has ended.
#[derive(Debug)]
pub(crate) struct Ran {
    /// The exit code, or `None` if a signal ended the program.
    pub(crate) code: Option<i32>,
    /// What it wrote to standard output.
    pub(crate) out: String,
    /// What it wrote to standard error.
    pub(crate) err: String,
}

impl Program {
    /// Starts the program, and waits until it logs the address that it listens on.
    pub(crate) async fn start(name: &str, settings: &Settings) -> Self {
        Self::start_with(name, &[], settings).await
    }

    /// Starts the program with arguments, and waits until it writes an address.
    pub(crate) async fn start_with(name: &str, arguments: &[&str], settings: &Settings) -> Self {
        let mut process = command(name, Path::new("/"), settings)
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("{name} did not start: {error}"));
        let log = Log::default();
        collect(process.stdout.take().expect("piped"), &log);
        collect(process.stderr.take().expect("piped"), &log);
        let address = eventually(&format!("{name} logs its address"), async || {
            lines(&log).iter().find_map(|line| address_in(line))
        })
        .await;
        Self {
            process,
            log,
            address,
        }
    }

    /// What the program has written so far. The log grows while the program runs.
    pub(crate) fn log(&self) -> &Log {
        &self.log
    }

    /// Sends a signal to the program, such as `TERM`.
    pub(crate) async fn signal(&self, signal: &str) {
        let id = self.process.id().expect("the program still runs");
        let sent = Command::new("sh")
            .args(["-c", &format!("kill -{signal} {id}")])
            .status()
            .await;
        assert!(sent.expect("a shell").success());
    }

    /// Waits until the program has ended without further help.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        timeout(LIMIT, self.process.wait())
            .await
            .unwrap_or_else(|_| panic!("the program did not end:\n{}", lines(&self.log).join("\n")))
            .expect("the exit status")
    }

    /// Sends SIGTERM, and waits for the end.
    pub(crate) async fn stop(&mut self) -> ExitStatus {
        self.signal("TERM").await;
        self.ended().await
    }
}

/// Runs a program until it ends, in a folder without a `.env`.
pub(crate) async fn run(name: &str, arguments: &[&str], settings: &Settings) -> Ran {
    run_in(Path::new("/"), name, arguments, settings).await
}

/// Runs a program until it ends, in this folder.
pub(crate) async fn run_in(
    folder: &Path,
    name: &str,
    arguments: &[&str],
    settings: &Settings,
) -> Ran {
    let mut command = command(name, folder, settings);
    let output = command.args(arguments).kill_on_drop(true).output();
    let output = timeout(LIMIT, output)
        .await
        .unwrap_or_else(|_| panic!("{name} {arguments:?} did not end"))
        .unwrap_or_else(|error| panic!("{name} {arguments:?} did not start: {error}"));
    Ran {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).expect("text"),
        err: String::from_utf8(output.stderr).expect("text"),
    }
}

/// The lines that a program has written so far.
pub(crate) fn lines(log: &Log) -> Vec<String> {
    log.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// A program with the most open umask: what it writes is nevertheless private.
pub(crate) fn command(name: &str, folder: &Path, settings: &Settings) -> Command {
    let mut command = Command::new("/bin/sh");
    command
        .args(["-c", "umask 000; exec \"$0\" \"$@\""])
        .arg(binary(name))
        .env_clear()
        .envs(settings)
        .current_dir(folder)
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

/// The address after `http://` in a line.
pub(crate) fn address_in(line: &str) -> Option<SocketAddr> {
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

/// Builds the programs that belong to other packages, because Cargo builds only the programs of the
/// tested package. They are built of the same crates as the tests, so little is left to build.
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
        for name in SET_BY_CARGO {
            cargo.env_remove(name);
        }
        let built = cargo.status().expect("cargo runs");
        assert!(built.success(), "{WEB} and {WORKER} cannot be built");
    });
}
