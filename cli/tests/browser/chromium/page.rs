//! What a person does and sees on a page.

use std::path::Path;

use serde_json::json;
use thirtyfour::{By, WebDriver, WindowHandle, error::WebDriverResult};
use tokio::time::{Duration, Instant, interval};

use super::start::setting;
use crate::dev::LIMIT;

/// The time between two looks at a page.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// A browser for a running `birdcall dev`.
pub(crate) struct Browser {
    /// The session, for everything that has no method here.
    pub(crate) driver: WebDriver,
    /// The address of the page with the simulated phone.
    pub(crate) url: String,
    /// The address of the operator's console, and the password of `admin`.
    pub(crate) console: (String, String),
}

impl Browser {
    /// Opens the page with the simulated phone.
    pub(crate) async fn open_phone(&self) -> WebDriverResult<()> {
        self.driver.goto(&self.url).await
    }

    /// Replaces a picture in the documentation by what the window shows, if that is asked for.
    pub(crate) async fn picture(&self, name: &str) -> WebDriverResult<()> {
        if setting("BIRDCALL_UPDATE_SCREENSHOT").is_none() {
            return Ok(());
        }
        let docs = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs"));
        self.driver.screenshot(&docs.join(name)).await
    }

    /// Sends a text from the simulated phone.
    pub(crate) async fn text(&self, body: &str) -> WebDriverResult<()> {
        let input = self.driver.find(By::Id("message-input")).await?;
        input.send_keys(body).await?;
        self.click("#send").await
    }

    /// Waits for an element that `css` finds, and clicks the first one.
    pub(crate) async fn click(&self, css: &str) -> WebDriverResult<()> {
        self.eventually(&format!("{css} to click"), async || {
            // The page replaces elements that change, so an element may be replaced before it is clicked.
            let element = self.driver.find(By::Css(css)).await.ok()?;
            element.click().await.ok()
        })
        .await;
        Ok(())
    }

    /// Waits until one of the elements that `css` finds contains `text`, and returns the whole text
    /// of that element.
    pub(crate) async fn sees(&self, css: &str, text: &str) -> String {
        self.eventually(&format!("{css} with '{text}'"), async || {
            let shown = self.texts(css).await.ok()?;
            shown.into_iter().find(|shown| shown.contains(text))
        })
        .await
    }

    /// The same without a script in the page, which may have none.
    pub(crate) async fn shows(&self, css: &str, text: &str) {
        self.eventually(&format!("{css} with '{text}'"), async || {
            for element in self.driver.find_all(By::Css(css)).await.ok()? {
                if element.text().await.ok()?.contains(text) {
                    return Some(());
                }
            }
            None
        })
        .await;
    }

    /// The text of each element that `css` finds.
    pub(crate) async fn texts(&self, css: &str) -> WebDriverResult<Vec<String>> {
        self.ask(
            "return [...document.querySelectorAll(arguments[0])].map(node => node.innerText)",
            css,
        )
        .await
    }

    /// Runs a script with one argument, and returns what it returns.
    pub(crate) async fn ask<T: serde::de::DeserializeOwned>(
        &self,
        script: &str,
        argument: &str,
    ) -> WebDriverResult<T> {
        let returned = self.driver.execute(script, vec![json!(argument)]).await?;
        returned.convert()
    }

    /// Waits for a tab other than `known`, and switches to it.
    pub(crate) async fn follow_to_new_tab(&self, known: &WindowHandle) -> WebDriverResult<()> {
        let opened = self
            .eventually("a new tab", async || {
                let tabs = self.driver.windows().await.ok()?;
                tabs.into_iter().find(|tab| tab != known)
            })
            .await;
        self.driver.switch_to_window(opened).await
    }

    /// Sends the first text, and follows the link in the reply to a new tab. Returns the tab of the
    /// phone.
    pub(crate) async fn ask_for_the_link(&self) -> WebDriverResult<WindowHandle> {
        self.open_phone().await?;
        self.text("anything").await?;
        self.sees(".bubble.out", "To link this number, sign in: http")
            .await;
        let phone = self.driver.window().await?;
        self.click(".bubble.out a").await?;
        self.follow_to_new_tab(&phone).await?;
        Ok(phone)
    }

    /// Waits until `look` finds something. `what` describes it.
    async fn eventually<T>(&self, what: &str, look: impl AsyncFn() -> Option<T>) -> T {
        let begun = Instant::now();
        let mut looks = interval(LOOK_AGAIN);
        loop {
            looks.tick().await;
            if let Some(found) = look().await {
                return found;
            }
            if begun.elapsed() > LIMIT {
                let shown = self.texts("body").await.unwrap_or_default().concat();
                panic!(
                    "after {} s, the page did not show {what}:\n{shown}",
                    LIMIT.as_secs()
                );
            }
        }
    }
}
