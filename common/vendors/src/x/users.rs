//! Whose account it is.

use birdcall_domain::{
    authorization::{is_handle, is_user_id},
    call::{CallError, Trouble},
};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use super::{
    answers::{Effect, read_answer},
    client::{XClient, XResult},
};
use crate::{http::send, measure::Endpoint};

/// The X account to which an access token belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct XUser {
    /// X's id of the account, in digits. Unlike the handle, it never changes.
    pub id: String,
    /// The handle, without `@`. Empty if X gave none that a handle can be.
    pub username: String,
}

/// Reads X's answer. What is not an id counts as no answer, and what is not a handle as no handle, because
/// both are shown, texted and made part of links.
fn read_user(body: &Value) -> Option<XUser> {
    let text = |name: &str| body["data"][name].as_str().unwrap_or_default().to_owned();
    let (id, username) = (text("id"), text("username"));
    is_user_id(&id).then(|| XUser {
        id,
        username: Some(username)
            .filter(|name| is_handle(name))
            .unwrap_or_default(),
    })
}

impl XClient {
    /// Asks X whose access token this is (`GET /2/users/me`).
    ///
    /// # Errors
    ///
    /// See [`CallError`].
    pub async fn me(&self, token: &SecretString) -> XResult<XUser> {
        let request = self.http.get(self.endpoint("/2/users/me"));
        let request = request.bearer_auth(token.expose_secret());
        let answer = send(&self.seen, request, Endpoint::ME).await?;
        let body = read_answer(&answer, Effect::Repeatable, self.now())?;
        read_user(&body).ok_or(CallError::NotSent(Trouble::Unreadable))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_an_id_and_a_handle_that_x_can_have_given_are_taken() {
        for (id, username, expected) in [
            ("2244994945", "demo", Some("demo")),
            ("2244994945", "a\0b", Some("")),
            ("2244994945", "a\r\nb", Some("")),
            ("2244994945", "<script>", Some("")),
            ("2244994945", "sixteen_letters_", Some("")),
            ("2244994945", "", Some("")),
            ("22449949451234567890", "demo", None),
            ("not a number", "demo", None),
            ("", "demo", None),
        ] {
            let body = json!({"data": {"id": id, "username": username}});
            let user = read_user(&body);
            assert_eq!(
                user.as_ref().map(|user| user.username.as_str()),
                expected,
                "{id} {username:?}"
            );
        }
        assert_eq!(
            read_user(&json!({"data": {"id": 7, "username": ["demo"]}})),
            None
        );
        assert_eq!(read_user(&json!({"errors": []})), None);
    }
}
