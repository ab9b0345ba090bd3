//! Runs `birdcall dev`, as `cargo dev` does.

use std::{process::Stdio, time::Duration};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, BufReader},
    process::{Child, Command},
    time::timeout,
};

/// The longest wait for anything. It is long because a machine may be slow.
pub(crate) const LIMIT: Duration = Duration::from_secs(30);

/// A running `birdcall dev`. It is killed when it is dropped.
pub(crate) struct Dev {
    process: Child,
    /// The address of the page with the simulated phone.
    pub(crate) url: String,
}

impl Dev {
    /// Starts on free ports, and waits until the address of the page is printed.
    pub(crate) async fn start() -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_birdcall"))
            .args(["dev", "--port", "0"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("birdcall starts");
        let stdout = process.stdout.take().expect("piped");
        let line = line_with(stdout, "open http://").await;
        let word = line
            .split(' ')
            .find(|word| word.starts_with("http://"))
            .expect("an address");
        Self {
            url: word.to_owned(),
            process,
        }
    }

    /// Stops it as Ctrl-C does, and waits for the end.
    pub(crate) async fn stop(mut self) {
        let id = self.process.id().expect("birdcall dev still runs");
        let asked = Command::new("sh")
            .args(["-c", &format!("kill -INT {id}")])
            .status()
            .await;
        assert!(asked.expect("a shell").success());
        let ended = timeout(LIMIT, self.process.wait())
            .await
            .expect("birdcall dev ends in time")
            .expect("the exit status");
        assert!(ended.success(), "birdcall dev ended with {ended}");
    }
}

/// The first line that contains `text`. Later lines are read and dropped, so that the program does
/// not block.
pub(crate) async fn line_with(
    output: impl AsyncRead + Unpin + Send + 'static,
    text: &str,
) -> String {
    let mut lines = BufReader::new(output).lines();
    let looked = async {
        while let Some(line) = lines.next_line().await.expect("readable output") {
            if line.contains(text) {
                return line;
            }
        }
        panic!("the output ended without '{text}'");
    };
    let line = timeout(LIMIT, looked)
        .await
        .unwrap_or_else(|_| panic!("no line contains '{text}'"));
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    line
}
