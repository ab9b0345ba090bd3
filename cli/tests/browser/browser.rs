//! Chromium, and waiting for what it shows.

use std::{
    future::Future,
    path::{Path, PathBuf},
    process::Stdio,
};

use birdcall_vendors::http::{self, HttpLimits};
use serde_json::json;
use tempfile::TempDir;
use thirtyfour::{
    By, ChromeCapabilities, ChromiumLikeCapabilities as _, DesiredCapabilities, WebDriver,
    WindowHandle, error::WebDriverResult,
};
use tokio::{
    process::Command,
    time::{Duration, Instant, interval},
};

use crate::dev::{Dev, LIMIT, line_with};

/// Between two looks.
const LOOK: Duration = Duration::from_millis(50);

/// What the browser's window shows of a page.
#[derive(Clone, Copy)]
pub(crate) struct Viewport {
    /// CSS pixels.
    pub(crate) width: u32,
    /// CSS pixels.
    pub(crate) height: u32,
    /// A phone lays pages out by their own `viewport`.
    pub(crate) is_phone: bool,
}

/// A desktop's.
pub(crate) const DESKTOP: Viewport = Viewport {
    width: 1280,
    height: 800,
    is_phone: false,
};
/// A narrow phone's.
pub(crate) const PHONE: Viewport = Viewport {
    width: 360,
    height: 740,
    is_phone: true,
};

/// A browser that looks at a running `birdcall dev`.
pub(crate) struct Browser {
    /// The session, for what has no word of its own here.
    pub(crate) driver: WebDriver,
    /// The page with the simulated phone.
    pub(crate) url: String,
}

/// Runs `story` with a browser of its own on a Birdcall of its own, and ends both whatever comes
/// of it.
pub(crate) async fn with_browser<F: Future<Output = WebDriverResult<()>>>(
    name: &str,
    viewport: Viewport,
    story: impl FnOnce(Browser) -> F,
) {
    let Some((chromium, chromedriver)) = programs() else {
        assert!(
            setting("BIRDCALL_TEST_NOTHING_SKIPPED").is_none(),
            "there is no Chromium and nothing may be skipped: {name}"
        );
        eprintln!(
            "left out for want of Chromium (BIRDCALL_TEST_CHROMIUM, BIRDCALL_TEST_CHROMEDRIVER): {name}"
        );
        return;
    };
    let dev = Dev::start().await;
    let profile = tempfile::tempdir().expect("a folder");
    let mut process = Command::new(chromedriver)
        .arg("--port=0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("chromedriver starts");
    let stdout = process.stdout.take().expect("piped");
    let started = line_with(stdout, "successfully on port ").await;
    let port: u16 = started
        .rsplit("on port ")
        .next()
        .and_then(|rest| rest.trim_end_matches('.').parse().ok())
        .unwrap_or_else(|| panic!("no port in '{started}'"));
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
    driver
        .run_and_quit(|driver| story(Browser { driver, url }))
        .await
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    dev.stop().await;
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

impl Browser {
    /// Opens the page with the simulated phone.
    pub(crate) async fn open_phone(&self) -> WebDriverResult<()> {
        self.driver.goto(&self.url).await
    }

    /// Texts from the simulated phone.
    pub(crate) async fn text(&self, body: &str) -> WebDriverResult<()> {
        let input = self.driver.find(By::Id("message-input")).await?;
        input.send_keys(body).await?;
        self.click("#send").await
    }

    /// Clicks the first element that `css` finds, as soon as it is there.
    pub(crate) async fn click(&self, css: &str) -> WebDriverResult<()> {
        self.eventually(&format!("{css} to click"), async || {
            // The page draws anew what has changed: an element may go under the pointer.
            let element = self.driver.find(By::Css(css)).await.ok()?;
            element.click().await.ok()
        })
        .await;
        Ok(())
    }

    /// Waits until one of the elements that `css` finds holds `text`, and returns that element's
    /// whole text.
    pub(crate) async fn sees(&self, css: &str, text: &str) -> String {
        self.eventually(&format!("{css} with '{text}'"), async || {
            let shown = self.texts(css).await.ok()?;
            shown.into_iter().find(|shown| shown.contains(text))
        })
        .await
    }

    /// The texts of all elements that `css` finds.
    pub(crate) async fn texts(&self, css: &str) -> WebDriverResult<Vec<String>> {
        self.ask(
            "return [...document.querySelectorAll(arguments[0])].map(node => node.innerText)",
            css,
        )
        .await
    }

    /// What a script returns; it gets one argument.
    pub(crate) async fn ask<T: serde::de::DeserializeOwned>(
        &self,
        script: &str,
        argument: &str,
    ) -> WebDriverResult<T> {
        let returned = self.driver.execute(script, vec![json!(argument)]).await?;
        returned.convert()
    }

    /// Waits for a tab besides `known`, and goes there.
    pub(crate) async fn follow_to_new_tab(&self, known: &WindowHandle) -> WebDriverResult<()> {
        let opened = self
            .eventually("a new tab", async || {
                let tabs = self.driver.windows().await.ok()?;
                tabs.into_iter().find(|tab| tab != known)
            })
            .await;
        self.driver.switch_to_window(opened).await
    }

    /// From the first text to the page at X, in a tab of its own. The phone's tab is returned.
    pub(crate) async fn ask_for_the_link(&self) -> WebDriverResult<WindowHandle> {
        self.open_phone().await?;
        self.text("anything").await?;
        self.sees(".bubble.out", "Sign in to link this number: http")
            .await;
        let phone = self.driver.window().await?;
        self.click(".bubble.out a").await?;
        self.follow_to_new_tab(&phone).await?;
        Ok(phone)
    }

    /// Looks until `look` finds something. The limit is for what will never come.
    async fn eventually<T>(&self, what: &str, look: impl AsyncFn() -> Option<T>) -> T {
        let begun = Instant::now();
        let mut looks = interval(LOOK);
        loop {
            looks.tick().await;
            if let Some(found) = look().await {
                return found;
            }
            if begun.elapsed() > LIMIT {
                let shown = self.texts("body").await.unwrap_or_default().concat();
                panic!(
                    "in {} s there was no {what}; the page:\n{shown}",
                    LIMIT.as_secs()
                );
            }
        }
    }
}

/// Chromium and chromedriver, if both are there.
fn programs() -> Option<(PathBuf, PathBuf)> {
    let program = |name, usual: &str| {
        let path = PathBuf::from(setting(name).unwrap_or_else(|| usual.to_owned()));
        path.is_file().then_some(path)
    };
    Some((
        program("BIRDCALL_TEST_CHROMIUM", "/usr/bin/chromium")?,
        program("BIRDCALL_TEST_CHROMEDRIVER", "/usr/bin/chromedriver")?,
    ))
}

#[expect(
    clippy::disallowed_methods,
    reason = "which browser tests may use is not a setting of Birdcall's"
)]
pub(crate) fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
