//! How HTTP requests are sent and answers are read: TLS, timeouts, the user agent, the largest body.

use std::{sync::Once, time::Duration};

use birdcall_domain::{
    call::{CallError, Trouble},
    clock::{Stopwatch, Timestamp},
};

use crate::{
    measure::{self, Endpoint},
    seen::Seen,
};

/// How long a client waits for the other side.
#[derive(Clone, Copy, Debug)]
pub struct HttpLimits {
    /// The longest time from the first packet to an open connection.
    pub connect_timeout: Duration,
    /// The longest time from the request to the last byte of the answer.
    pub request_timeout: Duration,
}

/// Builds a client. It does not follow redirects, because a redirect could carry credentials to
/// another host. It does not retry, because only the ledger decides whether a call is repeated.
///
/// # Panics
///
/// If the TLS backend cannot be set up. That can happen only in a broken build.
#[expect(
    clippy::disallowed_methods,
    reason = "every client is built here, so limits and TLS are set once"
)]
#[must_use]
pub fn client(limits: HttpLimits) -> reqwest::Client {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        // An error means that another provider is already installed, and it works as well.
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

/// The largest body that is read, in bytes: 4 MiB. A page of 200 messages fits, even if each has
/// 1,600 characters and JSON escapes all of them.
const ANSWER_BYTES_MAX: usize = 4 * 1024 * 1024;

/// The answer to a request, with its body in memory.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// All headers; a name may occur several times.
    pub headers: http::HeaderMap,
    /// The body. It is incomplete if it was larger than 4 MiB or if the connection broke.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as JSON, or `None` if it is not JSON.
    #[must_use]
    pub fn json(&self) -> Option<serde_json::Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// The value of a header that is a short name of plain characters.
    #[must_use]
    pub fn name(&self, header: &str) -> Option<String> {
        const LENGTH_MAX: usize = 100;
        let value = self.headers.get(header)?.to_str().ok()?.trim();
        let plain = value.bytes().all(|byte| byte.is_ascii_graphic());
        (plain && (1..=LENGTH_MAX).contains(&value.len())).then(|| value.to_owned())
    }

    /// The value of a header that holds a whole number.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<i64> {
        self.headers.get(name)?.to_str().ok()?.trim().parse().ok()
    }

    /// The time that `Retry-After` names, in seconds from `now` or as a date (RFC 9110). `None` if it
    /// is not after `now`, or too far away to be true.
    #[must_use]
    pub fn retry_after(&self, now: Timestamp) -> Option<Timestamp> {
        let value = self.headers.get("retry-after")?.to_str().ok()?.trim();
        let at = match value.parse() {
            Ok(seconds) => now + Duration::from_secs(seconds),
            Err(_) => Timestamp::from_rfc2822(value)?,
        };
        plausible(at, now)
    }
}

/// The longest wait that an answer can ask for. The longest that X documents is a month's cap.
const WAIT_MAX: Duration = Duration::from_secs(31 * 24 * 3600);

/// A moment that an answer names, if it can be true: it is after `now`, and at most 31 days away.
#[must_use]
pub fn plausible(at: Timestamp, now: Timestamp) -> Option<Timestamp> {
    (at > now && at.since(now) <= WAIT_MAX).then_some(at)
}

/// Sends a request once, reads the answer, and notes for the metrics and in `last` how that went. An answer of any
/// status is a success.
///
/// # Errors
///
/// [`CallError::NotSent`] if no connection was made, and [`CallError::InDoubt`] if the other side
/// may have acted on the request. There is no other error.
pub(crate) async fn send<R>(
    last: &Seen,
    request: reqwest::RequestBuilder,
    endpoint: Endpoint,
) -> Result<Answer, CallError<R>> {
    let begun = Stopwatch::start();
    let result = exchange(request).await;
    let seen = result.as_ref();
    let seen = seen.map(|answer| (answer.status, &answer.headers));
    last.note(measure::note(endpoint, begun.elapsed(), seen));
    result
}

pub(crate) async fn exchange<R>(request: reqwest::RequestBuilder) -> Result<Answer, CallError<R>> {
    let mut response = request.send().await.map_err(|error| read_failure(&error))?;
    let status = response.status().as_u16();
    let headers = std::mem::take(response.headers_mut());
    let mut body = Vec::new();
    // The status has arrived, so the other side has acted. A body that breaks off is not JSON, and
    // the caller decides by the status whether that matters.
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

fn read_failure<R>(error: &reqwest::Error) -> CallError<R> {
    if error.is_connect() || error.is_builder() {
        CallError::NotSent(Trouble::Connect)
    } else if error.is_timeout() {
        CallError::InDoubt(Trouble::Timeout)
    } else {
        CallError::InDoubt(Trouble::Reset)
    }
}

/// Gets `url` and returns the status and the other side's time, which is its `Date` header.
///
/// # Errors
///
/// See `send`.
pub async fn status_and_date<R>(
    client: &reqwest::Client,
    url: &str,
) -> Result<(u16, Option<Timestamp>), CallError<R>> {
    let answer = exchange(client.get(url)).await?;
    let date = answer
        .headers
        .get("date")
        .and_then(|date| date.to_str().ok());
    Ok((answer.status, date.and_then(Timestamp::from_rfc2822)))
}
