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
        let form = [
            ("phone", field(&page, "phone")),
            ("token", field(&page, "token")),
        ];
        let response = self
            .browser
            .post(format!("{}/auth/start", self.url))
            .form(&form)
            .send()
            .await
            .expect("web answers");
        assert_eq!(response.status(), 303);
        response.headers()["location"]
            .to_str()
            .expect("text")
            .to_owned()
    }
}

/// The value of a hidden field in the page's form.
fn field(page: &Page, name: &str) -> String {
    let marker = format!("name=\"{name}\" value=\"");
    let rest = page
        .body
        .split(&marker)
        .nth(1)
        .unwrap_or_else(|| panic!("no {name} in {}", page.body));
    rest.split('"')
        .next()
        .expect("a value")
        .replace("&#43;", "+")
        .replace("&amp;", "&")
}
