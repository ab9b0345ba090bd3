//! Starts Chromium through chromedriver.

use std::{
    future::Future,
    path::{Path, PathBuf},
    process::Stdio,
};

use birdcall_vendors::http::{self, HttpLimits};
use serde_json::json;
use tempfile::TempDir;
use thirtyfour::{
    ChromeCapabilities, ChromiumLikeCapabilities as _, DesiredCapabilities, WebDriver,
    error::WebDriverResult,
};
use tokio::process::{Child, Command};

use super::page::Browser;
use crate::dev::{Dev, LIMIT, line_with};

/// The part of a page that the window shows.
#[derive(Clone, Copy)]
pub(crate) struct Viewport {
    /// The width in CSS pixels.
    pub(crate) width: u32,
    /// The height in CSS pixels.
    pub(crate) height: u32,
    /// Whether the browser obeys the `viewport` of a page, as phones do.
    pub(crate) is_phone: bool,
}

/// The window of a desktop computer.
pub(crate) const DESKTOP: Viewport = Viewport {
    width: 1280,
    height: 800,
    is_phone: false,
};
/// The screen of a narrow phone.
pub(crate) const PHONE: Viewport = Viewport {
    width: 360,
    height: 740,
    is_phone: true,
};

/// How often chromedriver is started if it finds no port.
const STARTS_MAX: u32 = 5;

/// Runs `story` with a new browser and a new Birdcall, and ends both even if the story fails.
/// `name` is the name of the test.
pub(crate) async fn with_browser<F: Future<Output = WebDriverResult<()>>>(
    name: &str,
    viewport: Viewport,
    story: impl FnOnce(Browser) -> F,
) {
    let Some((chromium, chromedriver)) = programs() else {
        assert!(
            setting("BIRDCALL_TEST_NOTHING_SKIPPED").is_none(),
            "Chromium or chromedriver is missing, and no test may be skipped: {name}"
        );
        eprintln!("left out, because Chromium or chromedriver is missing: {name}");
        return;
    };
    let dev = Dev::start().await;
    let profile = tempfile::tempdir().expect("a folder");
    let (port, _process) = start_driver(&chromedriver).await;
    let patience = HttpLimits {
        connect_timeout: LIMIT,
        request_timeout: LIMIT,
    };
    let driver = WebDriver::builder(
        format!("http://127.0.0.1:{port}"),
        capabilities(&chromium, &profile, viewport).expect("capabilities"),
    )
    .client(http::client(patience))
    .await
    .expect("Chromium starts");
    let url = dev.url.clone();
    let console = dev.console.clone();
    driver
        .run_and_quit(|driver| {
            story(Browser {
                driver,
                url,
                console,
            })
        })
        .await
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    dev.stop().await;
}

/// Starts chromedriver, and returns its port. It takes a port that is free for IPv4, and ends if somebody else
/// has the same one for IPv6: then it is started again.
async fn start_driver(chromedriver: &Path) -> (u16, Child) {
    for _ in 0..STARTS_MAX {
        let mut process = Command::new(chromedriver)
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("chromedriver starts");
        let stdout = process.stdout.take().expect("piped");
        if let Some(started) = line_with(stdout, "successfully on port ").await {
            let port = started
                .rsplit("on port ")
                .next()
                .and_then(|rest| rest.trim_end_matches('.').parse().ok());
            let port = port.unwrap_or_else(|| panic!("no port in '{started}'"));
            return (port, process);
        }
    }
    panic!("chromedriver found no port in {STARTS_MAX} starts");
}

fn capabilities(
    chromium: &Path,
    profile: &TempDir,
    viewport: Viewport,
) -> WebDriverResult<ChromeCapabilities> {
    let mut wanted = DesiredCapabilities::chrome();
    wanted.set_binary(&chromium.to_string_lossy())?;
    for argument in [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--hide-scrollbars",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ] {
        wanted.add_arg(argument)?;
    }
    wanted.add_arg(&format!("--user-data-dir={}", profile.path().display()))?;
    wanted.add_experimental_option(
        "mobileEmulation",
        json!({"deviceMetrics": {
            "width": viewport.width,
            "height": viewport.height,
            "pixelRatio": 1,
            "mobile": viewport.is_phone,
            "touch": viewport.is_phone,
        }}),
    )?;
    Ok(wanted)
}

/// The paths of Chromium and chromedriver, if both exist.
fn programs() -> Option<(PathBuf, PathBuf)> {
    let program = |name, default: &str| {
        let path = PathBuf::from(setting(name).unwrap_or_else(|| default.to_owned()));
        path.is_file().then_some(path)
    };
    Some((
        program("BIRDCALL_TEST_CHROMIUM", "/usr/bin/chromium")?,
        program("BIRDCALL_TEST_CHROMEDRIVER", "/usr/bin/chromedriver")?,
    ))
}

#[expect(
    clippy::disallowed_methods,
    reason = "the browser that tests may use is not a setting of Birdcall"
)]
pub(crate) fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
