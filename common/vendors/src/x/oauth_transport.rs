//! How the requests of the OAuth library reach X, and which answers the library gets to see.

use std::{convert::Infallible, error::Error, fmt, pin::Pin};

use birdcall_domain::call::{CallError, Trouble};
use oauth2::{AsyncHttpClient, HttpRequest, HttpResponse};

use crate::http::{Answer, send};

/// Sends the library's requests with a client of ours. The future is boxed because tasks need one
/// that is `Send`, and the future of a closure that borrows is not `Send` for every lifetime.
pub(super) struct Transport(pub(super) reqwest::Client);

impl<'c> AsyncHttpClient<'c> for Transport {
    type Error = NoAnswer;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, NoAnswer>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let request = self
                .0
                .post(parts.uri.to_string())
                .headers(parts.headers)
                .body(body);
            let answer = send(request).await.map_err(NoAnswer)?;
            match answer.status {
                200..=299 => oauth_response(answer),
                400 if answer.json().is_some() => oauth_response(answer),
                // A 401, a 429 or a page of the edge in front of X grants nothing, and says nothing
                // about the code or the token.
                status => Err(NoAnswer(CallError::NotSent(Trouble::Status(status)))),
            }
        })
    }
}

fn oauth_response(answer: Answer) -> Result<HttpResponse, NoAnswer> {
    let mut response = HttpResponse::new(answer.body);
    *response.headers_mut() = answer.headers;
    *response.status_mut() = http::StatusCode::from_u16(answer.status)
        .map_err(|_| NoAnswer(CallError::InDoubt(Trouble::Unreadable)))?;
    Ok(response)
}

/// Why there is no answer that OAuth gives a meaning to.
#[derive(Debug)]
pub(super) struct NoAnswer(pub(super) CallError<Infallible>);

impl fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for NoAnswer {}
