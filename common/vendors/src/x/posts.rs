//! Posts: create one, delete one.

use birdcall_domain::call::Heard;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;

use super::{
    answers::{Effect, read_answer_to, read_deletion, read_post_id},
    client::{XClient, XResult},
    problem::type_of,
};
use crate::{http::send, measure::Endpoint};

/// What became of the call that makes a post.
#[derive(Debug)]
pub struct Created {
    /// The id of the post.
    pub result: XResult<String>,
    /// What X answered, for support.
    pub heard: Heard,
}

impl XClient {
    /// Posts `text` (`POST /2/tweets`) and returns the id of the post. X offers no idempotency key,
    /// so after an unclear answer, look for the post with [`XClient::timeline`] before another try.
    ///
    /// For its errors, see [`CallError`](birdcall_domain::call::CallError). Only `InDoubt` leaves open
    /// whether the post exists.
    pub async fn create_post(&self, token: &SecretString, text: &str) -> Created {
        let request = self
            .http
            .post(self.endpoint("/2/tweets"))
            .json(&json!({ "text": text }));
        let request = request.bearer_auth(token.expose_secret());
        let answer = match send(&self.seen, request, Endpoint::CREATE_POST).await {
            Ok(answer) => answer,
            Err(error) => {
                return Created {
                    result: Err(error),
                    heard: Heard::default(),
                };
            }
        };
        let read = read_answer_to(&answer, Effect::Write, text, self.now());
        Created {
            result: read.and_then(|body| read_post_id(&body)),
            heard: Heard {
                status: Some(answer.status),
                problem: type_of(&answer),
                transaction_id: answer.name("x-transaction-id"),
            },
        }
    }

    /// Deletes a post (`DELETE /2/tweets/:id`). A post that X says does not exist
    /// counts as deleted.
    ///
    /// # Errors
    ///
    /// See [`CallError`](birdcall_domain::call::CallError). `InDoubt` means that no answer came.
    /// Deleting the post again does no harm.
    pub async fn delete_post(&self, token: &SecretString, id: &str) -> XResult<()> {
        let request = self.http.delete(self.endpoint(&format!("/2/tweets/{id}")));
        let request = request.bearer_auth(token.expose_secret());
        let answer = send(&self.seen, request, Endpoint::DELETE_POST).await?;
        read_deletion(&answer, id, self.now())
    }
}
