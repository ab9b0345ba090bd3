//! `birdcall dev`, as `cargo dev` runs it.

use std::{process::Stdio, time::Duration};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, BufReader},
    process::{Child, Command},
    time::timeout,
};

/// What takes longer will never come.
pub(crate) const LIMIT: Duration = Duration::from_secs(30);

/// A running `birdcall dev`.
pub(crate) struct Dev {
    process: Child,
    /// The page with the simulated phone.
    pub(crate) url: String,
}

impl Dev {
    /// Starts it on free ports and waits until it says where the page is.
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

    /// Ctrl-C: it ends by itself.
    pub(crate) async fn stop(mut self) {
        let id = self.process.id().expect("it still runs");
        let asked = Command::new("sh")
            .args(["-c", &format!("kill -INT {id}")])
            .status()
            .await;
        assert!(asked.expect("a shell").success());
        let ended = timeout(LIMIT, self.process.wait())
            .await
            .expect("it ends in time")
            .expect("it ends");
        assert!(ended.success(), "birdcall dev ended with {ended}");
    }
}

/// The first line that holds `text`. The rest is read and dropped, so that nobody waits for a
/// reader.
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
        .unwrap_or_else(|_| panic!("no line with '{text}'"));
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    line
}
