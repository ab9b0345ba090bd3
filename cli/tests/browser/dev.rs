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
    /// The address of the operator's console, and the password of `admin`.
    pub(crate) console: (String, String),
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
        let [ready, console] = lines_with(stdout, ["open http://", "console is http://"]).await;
        let password = console.split(' ').next_back().expect("a password");
        Self {
            url: address_in(&ready),
            console: (address_in(&console), password.to_owned()),
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

/// The address in a line of the output.
fn address_in(line: &str) -> String {
    let mut words = line.split(' ');
    let word = words.find(|word| word.starts_with("http://"));
    let word = word.expect("an address");
    word.trim_end_matches([':', '.']).to_owned()
}

/// The first line that contains `text`, or `None` if the output ends without one. Later lines are read and
/// dropped, so that the program does not block.
pub(crate) async fn line_with(
    output: impl AsyncRead + Unpin + Send + 'static,
    text: &str,
) -> Option<String> {
    let [line] = lines_if_any(output, [text]).await?;
    Some(line)
}

/// For each of `texts`, the first line that contains it and comes after the line before.
async fn lines_with<const N: usize>(
    output: impl AsyncRead + Unpin + Send + 'static,
    texts: [&str; N],
) -> [String; N] {
    let found = lines_if_any(output, texts).await;
    found.unwrap_or_else(|| panic!("the output ended without {texts:?}"))
}

async fn lines_if_any<const N: usize>(
    output: impl AsyncRead + Unpin + Send + 'static,
    texts: [&str; N],
) -> Option<[String; N]> {
    let mut lines = BufReader::new(output).lines();
    let mut found = texts.map(|_| String::new());
    for (text, found) in texts.iter().zip(&mut found) {
        let looked = async {
            while let Some(line) = lines.next_line().await.expect("readable output") {
                if line.contains(text) {
                    return Some(line);
                }
            }
            None
        };
        *found = timeout(LIMIT, looked)
            .await
            .unwrap_or_else(|_| panic!("no line contains '{text}'"))?;
    }
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    Some(found)
}
