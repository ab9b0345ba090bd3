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
}

impl Page {
    /// Sends a request, and returns the answer.
    pub(crate) async fn of(request: reqwest::RequestBuilder) -> Self {
        let response = request.send().await.expect("web answers");
        Self {
            status: response.status().as_u16(),
            body: response.text().await.expect("a page"),
        }
    }
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
