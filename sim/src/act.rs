//! What people and the vendors do: text, decide at X's page, deliver.

use url::Url;

use crate::{
    request::Form,
    sim::Sim,
    twilio::{inbound, webhooks::deliver},
    x::authorize,
};

impl Sim {
    /// A phone sends an SMS: queues the signed webhook and returns the message's sid.
    pub async fn text(&self, from: &str, body: &str) -> String {
        self.text_with_media(from, body, Vec::new()).await
    }

    /// A phone sends an MMS with files given as content type and bytes.
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

    /// Sends every queued webhook and status callback that is due, until none is left, and
    /// returns how many requests were sent.
    pub async fn deliver(&self) -> usize {
        deliver::deliver(self).await
    }

    /// What a person does at X: checks the authorize request, signs in as `username`, agrees.
    /// Returns where the browser is sent: the callback with `code` and `state`.
    ///
    /// # Panics
    ///
    /// When X would show an error page instead of the question.
    pub async fn approve(&self, authorize_url: &str, username: &str) -> String {
        decide(self, authorize_url, Some(username))
    }

    /// What a person does at X: refuses. Returns the callback with `error` and `state`.
    ///
    /// # Panics
    ///
    /// When X would show an error page instead of the question.
    pub async fn deny(&self, authorize_url: &str) -> String {
        decide(self, authorize_url, None)
    }
}

/// Checks an authorize request as X's page does and returns the redirect; `None` refuses.
fn decide(sim: &Sim, authorize_url: &str, username: Option<&str>) -> String {
    let url = Url::parse(authorize_url)
        .unwrap_or_else(|error| panic!("the authorize URL does not parse: {error}"));
    assert_eq!(
        url.path(),
        "/i/oauth2/authorize",
        "the browser was not sent to X's page"
    );
    let form = Form::parse(url.query().unwrap_or_default().as_bytes());
    let request = authorize::check(sim, &form)
        .unwrap_or_else(|reason| panic!("X shows an error page: {reason}"));
    authorize::decide(sim, &request, username)
}
