//! The simulator's own HTTP client. It shares no code with the client of the product, so a mistake
//! in one cannot hide a mistake in the other.

use std::{sync::Once, time::Duration};

/// Limit for opening a connection to the app.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Returns a client for webhooks. It waits `timeout` for an answer and does not follow redirects.
#[expect(
    clippy::disallowed_methods,
    reason = "the simulator must not share a client with the product that it checks"
)]
pub(crate) fn client(timeout: Duration) -> reqwest::Client {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        // An error means that a provider is already installed, which is just as good.
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
