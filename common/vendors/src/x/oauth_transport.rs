//! How the requests of the OAuth library reach X, and which answers the library gets to see.

use std::{convert::Infallible, error::Error, fmt, pin::Pin};

use birdcall_domain::call::{CallError, Trouble};
use oauth2::{AsyncHttpClient, HttpRequest, HttpResponse};
use serde_json::Value;

use super::oauth_answers::{Refusal, read_pair};
use crate::{http::send, measure::Endpoint, seen::Seen};

/// Sends the library's requests with a client of ours. The future is boxed because tasks need one
/// that is `Send`, and the future of a closure that borrows is not `Send` for every lifetime.
pub(super) struct Transport {
    pub(super) http: reqwest::Client,
    /// Where it is noted how the call ended.
    pub(super) seen: Seen,
    /// What is asked for.
    pub(super) endpoint: Endpoint,
}

impl<'c> AsyncHttpClient<'c> for Transport {
    type Error = NoAnswer;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, NoAnswer>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let request = self
                .http
                .post(parts.uri.to_string())
                .headers(parts.headers)
                .body(body);
            let answer = send(&self.seen, request, self.endpoint)
                .await
                .map_err(NoAnswer::Failed)?;
            match answer.status {
                200..=299 => match read_pair(&answer) {
                    Some(pair) => oauth_response(&pair),
                    None => Err(NoAnswer::Failed(CallError::InDoubt(Trouble::Unreadable))),
                },
                // X may have granted a pair before it failed.
                status @ 500.. => Err(NoAnswer::Failed(CallError::InDoubt(Trouble::Status(
                    status,
                )))),
                // A page of the edge in front of X, or another API's error, grants nothing, and says
                // nothing about the code or the token.
                status => Err(match Refusal::read(&answer) {
                    Some(refusal) => NoAnswer::Refused(refusal),
                    None => NoAnswer::Failed(CallError::NotSent(Trouble::Status(status))),
                }),
            }
        })
    }
}

/// The library takes a pair from an answer with this status and this type only.
fn oauth_response(pair: &Value) -> Result<HttpResponse, NoAnswer> {
    let mut response = HttpResponse::new(pair.to_string().into_bytes());
    response.headers_mut().insert(
        http::header::CONTENT_TYPE,
        http::HeaderValue::from_static("application/json"),
    );
    *response.status_mut() = http::StatusCode::OK;
    Ok(response)
}

/// Why there is no pair.
#[derive(Debug)]
pub(super) enum NoAnswer {
    /// X refused in the words of OAuth.
    Refused(Refusal),
    /// There is no answer that OAuth gives a meaning to.
    Failed(CallError<Infallible>),
}

impl fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(_) => f.write_str("X refused"),
            Self::Failed(error) => error.fmt(f),
        }
    }
}

impl Error for NoAnswer {}
