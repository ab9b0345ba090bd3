//! A person signs in: from the link in the reply to the page that says how it ended.

use super::{browser::Page, start::App};

impl App {
    /// A phone signs in as `username` at X, beginning with its first text.
    pub(crate) async fn link_as(&self, phone: &str, username: &str) {
        self.says(phone, "hello?").await;
        self.sign_in(phone, username).await;
    }

    /// Follows the last link that the phone got, and authorizes Birdcall as `username`.
    pub(crate) async fn sign_in(&self, phone: &str, username: &str) -> Page {
        let authorize = self.press_start(&self.link(phone)).await;
        let callback = self.sim.approve(&authorize, username).await;
        let page = self.get(&callback).await;
        self.settle().await;
        page
    }

    /// The sign-in link in the last text to a phone that contains one.
    pub(crate) fn link(&self, phone: &str) -> String {
        let replies = self.replies(phone);
        let link = replies
            .iter()
            .rev()
            .find_map(|reply| reply.split(' ').find(|word| word.starts_with(&self.url)));
        link.unwrap_or_else(|| panic!("no link in {replies:?}"))
            .to_owned()
    }

    /// Fetches a page with the browser.
    pub(crate) async fn get(&self, url: &str) -> Page {
        Page::of(self.browser.get(url)).await
    }

    /// Presses the button on the sign-in page. Returns the address at X to which web redirects.
    pub(crate) async fn press_start(&self, link: &str) -> String {
        let page = self.get(link).await;
        assert_eq!(page.status, 200, "{}", page.body);
        let started = self
            .send(&self.browser, "/auth/start", &page.fields())
            .await;
        assert_eq!(started.status, 303, "{}", started.body);
        started.location
    }

    /// Sends a form as our own page would.
    pub(crate) async fn send(
        &self,
        browser: &reqwest::Client,
        path: &str,
        fields: &[(String, String)],
    ) -> Page {
        let form = browser.post(format!("{}{path}", self.url)).form(fields);
        let origin = self.config.public_url.origin();
        Page::of(form.header("Origin", origin)).await
    }
}
