//! The stand-ins' own HTTP client. It shares nothing with the product's, so that neither hides a
//! mistake of the other.

use std::{sync::Once, time::Duration};

/// Time to open a connection to web.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// A client for webhooks, which waits `timeout` for an answer and follows no redirects.
#[expect(
    clippy::disallowed_methods,
    reason = "the product's client is not to be shared with what checks it"
)]
pub(crate) fn client(timeout: Duration) -> reqwest::Client {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        // An error means that a provider is installed already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    reqwest::Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(timeout)
        .redirect(reqwest::redirect::Policy::none())
        .user_agent("TwilioProxy/1.1")
        .build()
        .expect("the TLS backend is compiled in")
}
