//! An operator's browser, which is signed in to the console of a web.

use reqwest::Client;

use crate::{program::Program, system::System};

/// A browser that is signed in to the console.
pub(crate) struct Console {
    browser: Client,
    base: String,
    cookie: String,
}

impl System {
    /// Signs in to the console of this web.
    pub(crate) async fn sign_in_to_console(
        &self,
        web: &Program,
        name: &str,
        password: &str,
    ) -> Console {
        let browser = self.browser.clone();
        let base = format!("http://{}/admin", web.address);
        let form = [("name", name), ("password", password)];
        let signing_in = browser.post(format!("{base}/sign-in")).form(&form);
        let signed_in = signing_in.send().await.expect("web answers");
        assert_eq!(signed_in.status(), 303, "the sign-in of {name}");
        let cookie = signed_in.headers()["set-cookie"].to_str().expect("text");
        let cookie = cookie.split(';').next().expect("a cookie").to_owned();
        Console {
            browser,
            base,
            cookie,
        }
    }
}

impl Console {
    /// A page of the console.
    pub(crate) async fn get(&self, path: &str) -> String {
        let request = self.browser.get(format!("{}{path}", self.base));
        let answer = request.header("cookie", &self.cookie).send().await;
        let answer = answer.expect("web answers");
        assert_eq!(answer.status(), 200, "{path}");
        answer.text().await.expect("text")
    }

    /// Sends a form, and returns the status of the answer.
    pub(crate) async fn post(&self, path: &str, form: &[(&str, String)]) -> u16 {
        let request = self.browser.post(format!("{}{path}", self.base)).form(form);
        let answer = request.header("cookie", &self.cookie).send().await;
        answer.expect("web answers").status().as_u16()
    }
}
