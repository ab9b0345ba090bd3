//! What people and vendors do: a phone sends a text, a user decides at X, Twilio delivers.

use url::Url;

use crate::{
    request::Form,
    sim::Sim,
    twilio::{inbound, webhooks::deliver},
    x::authorize,
};

impl Sim {
    /// Sends an SMS from a phone: stores it, queues its webhook and returns the message's SID.
    pub async fn text(&self, from: &str, body: &str) -> String {
        self.text_with_media(from, body, Vec::new()).await
    }

    /// Sends an MMS from a phone. Each file is a pair of content type and bytes.
    pub async fn text_with_media(
        &self,
        from: &str,
        body: &str,
        media: Vec<(String, Vec<u8>)>,
    ) -> String {
        let sid = inbound::receive(self, from, body, media);
        self.wake();
        sid
    }

    /// Sends every queued webhook and status callback that is due until none is left. Returns the
    /// number of webhooks and callbacks that were sent.
    pub async fn deliver(&self) -> usize {
        deliver::deliver(self).await
    }

    /// Opens X's authorization page, signs in as `username` and allows the app. Returns the URL to
    /// which X redirects the browser: the callback with `code` and `state`.
    ///
    /// # Panics
    ///
    /// Panics if X would show an error page instead of the authorization page.
    pub async fn approve(&self, authorize_url: &str, username: &str) -> String {
        decide(self, authorize_url, Some(username))
    }

    /// Opens X's authorization page and cancels. Returns the URL to which X redirects the browser:
    /// the callback with `error` and `state`.
    ///
    /// # Panics
    ///
    /// Panics if X would show an error page instead of the authorization page.
    pub async fn deny(&self, authorize_url: &str) -> String {
        decide(self, authorize_url, None)
    }
}

/// Checks an authorization request as X's page does and returns the redirect. `None` cancels.
fn decide(sim: &Sim, authorize_url: &str, username: Option<&str>) -> String {
    let url = Url::parse(authorize_url)
        .unwrap_or_else(|error| panic!("the authorization URL is not valid: {error}"));
    assert_eq!(
        url.path(),
        "/i/oauth2/authorize",
        "the URL does not lead to X's authorization page"
    );
    let form = Form::parse(url.query().unwrap_or_default().as_bytes());
    let request = authorize::check(sim, &form)
        .unwrap_or_else(|reason| panic!("X shows an error page: {reason}"));
    authorize::decide(sim, &request, username)
}
