//! A browser without a window, and the pages that it gets.

use std::time::Duration;

use birdcall_vendors::http::{self, HttpLimits};

/// A page, or another answer of web.
#[derive(Debug)]
pub(crate) struct Page {
    /// The HTTP status.
    pub(crate) status: u16,
    /// The HTML, or the text.
    pub(crate) body: String,
    /// The cookies that it sets.
    pub(crate) cookies: Vec<String>,
    /// Where it redirects to; empty if it does not.
    pub(crate) location: String,
}

impl Page {
    /// Sends a request, and returns the answer.
    pub(crate) async fn of(request: reqwest::RequestBuilder) -> Self {
        let response = request.send().await.expect("web answers");
        let headers = response.headers();
        let all = |name: &str| -> Vec<String> {
            let values = headers.get_all(name).iter();
            let values = values.map(|value| value.to_str().expect("text").to_owned());
            values.collect()
        };
        Self {
            status: response.status().as_u16(),
            cookies: all("set-cookie"),
            location: all("location").concat(),
            body: response.text().await.expect("a page"),
        }
    }

    /// The page, which contains `words`.
    #[track_caller]
    pub(crate) fn says(&self, words: &str) -> &Self {
        assert!(self.body.contains(words), "no '{words}' in {}", self.body);
        self
    }

    /// The page, which does not contain `words`.
    #[track_caller]
    pub(crate) fn hides(&self, words: &str) -> &Self {
        assert!(!self.body.contains(words), "'{words}' in {}", self.body);
        self
    }

    /// Where "Try again" leads.
    pub(crate) fn again(&self) -> Option<String> {
        let rest = self.body.split("id=\"again\" href=\"").nth(1)?;
        Some(unescape(rest.split('"').next().expect("an address")))
    }

    /// The fields of the page's form.
    pub(crate) fn fields(&self) -> Vec<(String, String)> {
        let fields = self.body.split("<input type=\"hidden\" name=\"").skip(1);
        let fields = fields.map(|field| {
            let (name, rest) = field.split_once("\" value=\"").expect("a value");
            let value = rest.split('"').next().expect("a value");
            (name.to_owned(), unescape(value))
        });
        fields.collect()
    }
}

/// A text as it was before it was written into HTML.
fn unescape(html: &str) -> String {
    let text = html.replace("&#43;", "+");
    text.replace("&#38;", "&").replace("&amp;", "&")
}

/// A browser without cookies yet. It keeps the cookies that it gets.
#[expect(
    clippy::disallowed_methods,
    reason = "this is a browser of the tests, not a client of Birdcall"
)]
pub(crate) fn browser() -> reqwest::Client {
    // Building one of Birdcall's own clients sets up the TLS backend.
    drop(http::client(HttpLimits {
        connect_timeout: Duration::from_secs(5),
        request_timeout: Duration::from_secs(5),
    }));
    reqwest::Client::builder()
        .cookie_store(true)
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .expect("a browser")
}
