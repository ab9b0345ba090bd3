//! Whose account it is.

use secrecy::{ExposeSecret as _, SecretString};

use super::{
    answers::{Effect, read_answer},
    client::{XClient, XResult},
};
use crate::http::send;

/// The X account to which an access token belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct XUser {
    /// X's id of the account, in digits. Unlike the handle, it never changes.
    pub id: String,
    /// The handle, without `@`.
    pub username: String,
}

impl XClient {
    /// Asks X whose access token this is (`GET /2/users/me`).
    ///
    /// # Errors
    ///
    /// See [`CallError`](birdcall_domain::call::CallError).
    pub async fn me(&self, token: &SecretString) -> XResult<XUser> {
        let request = self.http.get(self.endpoint("/2/users/me"));
        let answer = send(request.bearer_auth(token.expose_secret())).await?;
        let body = read_answer(&answer, Effect::Repeatable, self.now())?;
        let text = |name: &str| body["data"][name].as_str().unwrap_or_default().to_owned();
        Ok(XUser {
            id: text("id"),
            username: text("username"),
        })
    }
}
