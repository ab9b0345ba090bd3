//! What an answer of X's token endpoint says: the pair, or an error in the words of OAuth
//! (RFC 6749, sections 5.1 and 5.2).

use std::time::Duration;

use serde_json::{Value, json};

use crate::http::Answer;

/// How long an access token lasts if X does not say, or says something that cannot be true. X
/// documents two hours.
pub(super) const ACCESS_TOKEN_LIFE: Duration = Duration::from_secs(7200);
/// The longest life of an access token that is believed.
const ACCESS_TOKEN_LIFE_MAX: Duration = Duration::from_secs(30 * 24 * 3600);

/// The pair in an answer, as OAuth writes it. `None` if there is no access token in it. Only the
/// tokens have to be right: a pair that is dropped for anything else is lost, because the refresh
/// token that it came for is spent.
pub(super) fn read_pair(answer: &Answer) -> Option<Value> {
    let body = answer.json()?;
    let text = |name: &str| body[name].as_str().filter(|text| !text.is_empty());
    let mut pair = json!({
        "access_token": text("access_token")?,
        "token_type": "bearer",
        "expires_in": read_life(&body["expires_in"]).as_secs(),
    });
    for name in ["refresh_token", "scope"] {
        if let Some(text) = text(name) {
            pair[name] = text.into();
        }
    }
    Some(pair)
}

fn read_life(value: &Value) -> Duration {
    let seconds = value
        .as_u64()
        .or_else(|| value.as_str()?.trim().parse().ok());
    seconds
        .map(Duration::from_secs)
        .filter(|life| !life.is_zero() && *life <= ACCESS_TOKEN_LIFE_MAX)
        .unwrap_or(ACCESS_TOKEN_LIFE)
}

/// An error in the words of OAuth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    status: u16,
    error: String,
    description: String,
}

/// What X says of a token's value in an `invalid_request`, which it answers in place of
/// `invalid_grant`.
const ABOUT_THE_VALUE: &[&str] = &[
    "passed for the token was invalid",
    "token is invalid",
    "token was invalid",
    "token has expired",
    "token is expired",
    "token has been revoked",
    "token was revoked",
    "token is revoked",
    "invalid refresh token",
];

impl Refusal {
    /// Reads an error. `None` if the body is not one of OAuth's: then it says nothing about a token,
    /// whatever the status is.
    pub(super) fn read(answer: &Answer) -> Option<Self> {
        let body = answer.json()?;
        Some(Self {
            status: answer.status,
            error: body["error"].as_str()?.to_lowercase(),
            description: body["error_description"]
                .as_str()
                .unwrap_or_default()
                .to_lowercase(),
        })
    }

    /// Whether the token is spent, expired or revoked. Everything else proves nothing about it.
    pub(super) fn ends_the_grant(&self) -> bool {
        let about_the_value = || {
            ABOUT_THE_VALUE
                .iter()
                .any(|words| self.description.contains(words))
        };
        match (self.status, self.error.as_str()) {
            (400, "invalid_grant") => true,
            (400, "invalid_request") => about_the_value(),
            _ => false,
        }
    }

    /// Whether X refuses the authorization code, or what was sent with it.
    pub(super) fn is_about_the_code(&self) -> bool {
        self.status == 400 && matches!(self.error.as_str(), "invalid_grant" | "invalid_request")
    }

    /// Whether X does not accept the app. Only the operator can change that.
    pub(super) fn is_about_the_app(&self) -> bool {
        matches!(
            self.error.as_str(),
            "invalid_client" | "unauthorized_client" | "unsupported_grant_type" | "invalid_scope"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Answer {
        Answer {
            status,
            headers: http::HeaderMap::new(),
            body: body.as_bytes().to_vec(),
        }
    }

    #[test]
    fn only_an_oauth_error_about_the_grant_ends_it() {
        for (status, body, expected) in [
            (400, r#"{"error":"invalid_grant"}"#, true),
            (
                400,
                r#"{"error":"invalid_grant","error_description":"Grant revoked"}"#,
                true,
            ),
            (
                400,
                r#"{"error":"invalid_grant","error_description":7}"#,
                true,
            ),
            (
                400,
                r#"{"error":"invalid_request","error_description":"Value passed for the token was invalid."}"#,
                true,
            ),
            (400, r#"{"error":"invalid_request"}"#, false),
            (
                400,
                r#"{"error":"invalid_request","error_description":"Missing required parameter [refresh_token]."}"#,
                false,
            ),
            (
                400,
                r#"{"error":"invalid_request","error_description":"The token endpoint wants a form."}"#,
                false,
            ),
            (401, r#"{"error":"invalid_grant"}"#, false),
            (403, r#"{"error":"invalid_grant"}"#, false),
            (500, r#"{"error":"invalid_grant"}"#, false),
            (400, r#"{"error":"invalid_client"}"#, false),
            (
                400,
                r#"{"error":"unauthorized_client","error_description":"Value passed for the token was invalid."}"#,
                false,
            ),
            (400, r#"{"error":"unsupported_grant_type"}"#, false),
            (400, r#"{"error":"temporarily_unavailable"}"#, false),
            (
                400,
                r#"{"errors":[{"code":215,"message":"Bad Authentication data"}]}"#,
                false,
            ),
            (
                400,
                r#"{"errors":[{"code":89,"message":"Invalid or expired token"}]}"#,
                false,
            ),
            (
                400,
                r#"{"title":"Invalid Request","detail":"Value passed for the token was invalid."}"#,
                false,
            ),
            (400, r#"{"error":{"code":"invalid_grant"}}"#, false),
            (400, r#"["invalid_grant"]"#, false),
            (400, "<html>invalid_grant</html>", false),
            (400, "", false),
        ] {
            let refusal = Refusal::read(&answer(status, body));
            let ends = refusal.is_some_and(|refusal| refusal.ends_the_grant());
            assert_eq!(ends, expected, "{status} {body}");
        }
    }

    #[test]
    fn a_life_that_cannot_be_true_is_two_hours() {
        for (life, expected) in [
            ("3600", 3600),
            (r#""3600""#, 3600),
            ("1", 1),
            ("2592000", 2_592_000),
            ("2592001", 7200),
            ("18446744073709551615", 7200),
            ("18446744073709551616", 7200),
            ("0", 7200),
            ("-7200", 7200),
            ("3600.5", 7200),
            ("null", 7200),
            (r#""soon""#, 7200),
            ("[]", 7200),
        ] {
            let body = format!(r#"{{"access_token":"a","expires_in":{life}}}"#);
            let pair = read_pair(&answer(200, &body)).expect("a pair");
            assert_eq!(pair["expires_in"], expected, "{life}");
        }
    }

    #[test]
    fn a_pair_is_read_whatever_else_is_wrong() {
        let body = r#"{"access_token":"a","refresh_token":"r","scope":7,"token_type":null}"#;
        assert_eq!(
            read_pair(&answer(200, body)),
            Some(
                json!({"access_token": "a", "refresh_token": "r", "token_type": "bearer", "expires_in": 7200})
            )
        );
        for body in [
            r#"{"refresh_token":"r"}"#,
            r#"{"access_token":""}"#,
            "{}",
            "7",
            "<html>",
        ] {
            assert_eq!(read_pair(&answer(200, body)), None, "{body}");
        }
    }
}
