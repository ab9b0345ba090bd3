//! The only builder of HTTP clients: TLS, limits and the user agent are decided here.

use std::{sync::Once, time::Duration};

use birdcall_domain::{
    call::{CallError, Trouble},
    clock::Timestamp,
};

/// How patient a client is with the other side.
#[derive(Clone, Copy, Debug)]
pub struct HttpLimits {
    /// From the first packet to an open connection.
    pub connect_timeout: Duration,
    /// From the request to the last byte of the answer.
    pub request_timeout: Duration,
}

/// A client that follows no redirects (a redirect must not carry credentials away) and retries
/// nothing by itself (an effect is repeated by the ledger's decision only).
///
/// # Panics
///
/// When the TLS backend cannot be set up, which is a broken build.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that builds clients"
)]
#[must_use]
pub fn client(limits: HttpLimits) -> reqwest::Client {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        // An error means that a provider is installed already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    reqwest::Client::builder()
        .connect_timeout(limits.connect_timeout)
        .timeout(limits.request_timeout)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .user_agent(concat!("birdcall/", env!("CARGO_PKG_VERSION")))
        .build()
        .expect("the TLS backend is compiled in")
}

/// The largest answer that is read: a page of 200 messages whose 1,600 characters are all escaped
/// is less.
const ANSWER_BYTES_MAX: usize = 4 * 1024 * 1024;

/// An answer, read whole.
#[derive(Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: http::HeaderMap,
    /// At most 1 MiB of body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as JSON, if it is JSON. A number beyond 2^53 is no trouble: nothing here reads
    /// numbers that large.
    #[must_use]
    pub fn json(&self) -> Option<serde_json::Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// A header that holds a whole number.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<i64> {
        self.headers.get(name)?.to_str().ok()?.trim().parse().ok()
    }

    /// `Retry-After` in seconds, if it is sent that way.
    #[must_use]
    pub fn retry_after(&self, now: Timestamp) -> Option<Timestamp> {
        let seconds = u64::try_from(self.number("retry-after")?).ok()?;
        Some(now + Duration::from_secs(seconds))
    }
}

/// Sends a request once and reads the answer.
///
/// # Errors
///
/// [`CallError::NotSent`] when no connection was made, [`CallError::InDoubt`] when the request may
/// have been acted on. No other variant.
pub async fn send<R>(request: reqwest::RequestBuilder) -> Result<Answer, CallError<R>> {
    let mut response = request.send().await.map_err(|error| no_answer(&error))?;
    let status = response.status().as_u16();
    let headers = std::mem::take(response.headers_mut());
    let mut body = Vec::new();
    // The status line has arrived, so the other side has acted; a body that breaks off is
    // unreadable, and whether that matters is for the status to say.
    while let Ok(Some(chunk)) = response.chunk().await {
        if body.len() + chunk.len() > ANSWER_BYTES_MAX {
            break;
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer {
        status,
        headers,
        body,
    })
}

fn no_answer<R>(error: &reqwest::Error) -> CallError<R> {
    if error.is_connect() || error.is_builder() {
        CallError::NotSent(Trouble::Connect)
    } else if error.is_timeout() {
        CallError::InDoubt(Trouble::Timeout)
    } else {
        CallError::InDoubt(Trouble::Reset)
    }
}

/// The time by the clock of whoever answers at `url` (its `Date` header), and the status.
///
/// # Errors
///
/// Nobody answers.
pub async fn look<R>(
    client: &reqwest::Client,
    url: &str,
) -> Result<(u16, Option<Timestamp>), CallError<R>> {
    let answer = send(client.get(url)).await?;
    let date = answer
        .headers
        .get("date")
        .and_then(|date| date.to_str().ok());
    Ok((answer.status, date.and_then(Timestamp::from_rfc2822)))
}
