//! Whether X knows the app, found out without an account.

use birdcall_domain::call::{CallError, Trouble};
use secrecy::ExposeSecret as _;

use super::client::XClient;
use crate::{
    http::{Answer, send},
    measure::Endpoint,
};

/// A refresh token that X never issued.
const NO_TOKEN: &str = "birdcall-doctor";

/// What X thinks of the app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AppCheck {
    /// X accepted the client and refused the token.
    Known,
    /// X does not accept the client id or the secret.
    ClientRefused,
    /// X knows the app and does not let it do this, for example because it is suspended.
    Forbidden,
    /// X was asked too often.
    RateLimited,
    /// No answer came.
    Unreachable(Trouble),
    /// X is in trouble, with this HTTP status.
    InTrouble(u16),
    /// What answered with this HTTP status does not speak X's language.
    Strange(u16),
}

impl XClient {
    /// Presents a refresh token that does not exist. If X knows the client, it refuses the token, and
    /// otherwise it refuses the client. Nothing changes at X.
    pub async fn check_app(&self) -> AppCheck {
        let request = self.http.post(self.endpoint("/2/oauth2/token"));
        let grant = [("grant_type", "refresh_token"), ("refresh_token", NO_TOKEN)];
        let request = match &self.client_secret {
            Some(secret) => request
                .basic_auth(&self.client_id, Some(secret.expose_secret()))
                .form(&grant),
            None => {
                let [kind, token] = grant;
                request.form(&[kind, token, ("client_id", self.client_id.as_str())])
            }
        };
        match send::<()>(&self.seen, request, Endpoint::CHECK_APP).await {
            Ok(answer) => judge(&answer),
            Err(CallError::NotSent(trouble) | CallError::InDoubt(trouble)) => {
                AppCheck::Unreachable(trouble)
            }
            // Sending has no other errors.
            Err(_) => AppCheck::Unreachable(Trouble::Connect),
        }
    }
}

fn judge(answer: &Answer) -> AppCheck {
    let body = answer.json().unwrap_or_default();
    let field = |name: &str| body[name].as_str().unwrap_or_default().to_lowercase();
    match (answer.status, field("error").as_str()) {
        (429, _) => AppCheck::RateLimited,
        (status @ 500.., _) => AppCheck::InTrouble(status),
        (401, _) | (_, "invalid_client" | "unauthorized_client") => AppCheck::ClientRefused,
        (403, _) => AppCheck::Forbidden,
        (400, "invalid_request" | "invalid_grant") => {
            // These errors may also be about the client, and then X's words do not mention the
            // token.
            let words = field("error_description");
            match words.is_empty() || words.contains("token") {
                true => AppCheck::Known,
                false => AppCheck::ClientRefused,
            }
        }
        (status, _) => AppCheck::Strange(status),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_answer_says_one_thing_about_the_app() {
        use AppCheck::{ClientRefused, Forbidden, InTrouble, Known, RateLimited, Strange};
        let invalid = r#"{"error":"invalid_request","error_description":"Value passed for the token was invalid."}"#;
        for (status, body, expected) in [
            (400, invalid, Known),
            (400, r#"{"error":"invalid_grant"}"#, Known),
            (
                400,
                r#"{"error":"invalid_request","error_description":"Missing required parameter [client_id]."}"#,
                ClientRefused,
            ),
            (400, r#"{"error":"invalid_client"}"#, ClientRefused),
            (
                401,
                r#"{"error":"unauthorized_client","error_description":"Missing valid authorization header"}"#,
                ClientRefused,
            ),
            (401, "", ClientRefused),
            (403, r#"{"title":"Forbidden"}"#, Forbidden),
            (429, "", RateLimited),
            (503, "<html>", InTrouble(503)),
            (400, r#"{"errors":[{"code":215}]}"#, Strange(400)),
            (200, r#"{"access_token":"x"}"#, Strange(200)),
            (404, "<html>", Strange(404)),
        ] {
            let answer = Answer {
                status,
                headers: http::HeaderMap::new(),
                body: body.as_bytes().to_vec(),
            };
            assert_eq!(judge(&answer), expected, "{status} {body}");
        }
    }
}
