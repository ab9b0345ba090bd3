//! OAuth 2.0 authorization code with PKCE (RFC 6749, RFC 7636), as X does it.

use std::{error::Error, fmt, pin::Pin, time::Duration};

use birdcall_domain::{
    account::RefreshFailure,
    authorization::{SCOPES, SignInFailure},
    call::{CallError, Trouble},
};
use oauth2::{
    AsyncHttpClient, AuthType, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken,
    EndpointNotSet, EndpointSet, HttpRequest, HttpResponse, PkceCodeChallenge, PkceCodeVerifier,
    RedirectUrl, RefreshToken, RequestTokenError, Scope, StandardErrorResponse, TokenResponse as _,
    TokenUrl,
    basic::{BasicClient, BasicErrorResponseType, BasicTokenResponse},
};
use secrecy::{ExposeSecret as _, SecretString};

use super::XClient;
use crate::http::{Answer, send};

/// What X grants.
#[derive(Clone, Debug)]
pub struct TokenPair {
    /// For calls.
    pub access_token: SecretString,
    /// How long it lasts: 7200 seconds by X's docs; zero when X does not say.
    pub expires_in: Duration,
    /// For the next pair; absent without `offline.access`.
    pub refresh_token: Option<SecretString>,
    /// What was granted, space-separated; may differ from what was asked for.
    pub scopes: Option<String>,
}

type Oauth = BasicClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet>;
type TokenError = RequestTokenError<NoAnswer, StandardErrorResponse<BasicErrorResponseType>>;

impl XClient {
    /// Where the browser goes: X's authorize page with `state` and the S256 challenge of
    /// `verifier`.
    ///
    /// # Panics
    ///
    /// When a URL of the settings is not one, which [`crate::config`] has checked.
    #[must_use]
    pub fn authorize_url(&self, state: &str, verifier: &SecretString) -> String {
        let verifier = PkceCodeVerifier::new(verifier.expose_secret().to_owned());
        let state = state.to_owned();
        let (url, _) = self
            .oauth()
            .authorize_url(|| CsrfToken::new(state))
            .add_scopes(SCOPES.map(|scope| Scope::new(scope.to_owned())))
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier))
            .url();
        url.into()
    }

    /// Exchanges the code, which X takes within 30 seconds and once.
    ///
    /// # Errors
    ///
    /// [`SignInFailure::CodeRefused`] or [`SignInFailure::Outage`].
    pub async fn exchange(
        &self,
        code: &str,
        verifier: &SecretString,
    ) -> Result<TokenPair, SignInFailure> {
        let answer = self
            .oauth()
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .set_pkce_verifier(PkceCodeVerifier::new(verifier.expose_secret().to_owned()))
            .request_async(&Wire(self.http.clone()))
            .await;
        answer
            .map(|token| pair(&token))
            .map_err(|error| match error {
                TokenError::ServerResponse(_) => SignInFailure::CodeRefused,
                _ => SignInFailure::Outage,
            })
    }

    /// Spends a refresh token. Whoever calls this must hold the account's lease, and must store
    /// the new pair before anything else: the old token is dead after this.
    ///
    /// # Errors
    ///
    /// See [`RefreshFailure`].
    pub async fn refresh(&self, refresh_token: &SecretString) -> Result<TokenPair, RefreshFailure> {
        let token = RefreshToken::new(refresh_token.expose_secret().to_owned());
        let answer = self
            .oauth()
            .exchange_refresh_token(&token)
            .request_async(&Wire(self.http.clone()))
            .await;
        answer
            .map(|token| pair(&token))
            .map_err(|error| refresh_failure(&error))
    }

    /// Revokes a token (access or refresh) at X.
    ///
    /// # Errors
    ///
    /// Never in doubt: revoking twice is revoking.
    pub async fn revoke(
        &self,
        token: &SecretString,
    ) -> Result<(), CallError<std::convert::Infallible>> {
        let request = self.http.post(self.endpoint("/2/oauth2/revoke"));
        let request = match &self.client_secret {
            Some(secret) => request
                .basic_auth(&self.client_id, Some(secret.expose_secret()))
                .form(&[("token", token.expose_secret())]),
            None => request.form(&[
                ("token", token.expose_secret()),
                ("client_id", &self.client_id),
            ]),
        };
        let answer = send(request).await?;
        match answer.status {
            // 400 is what X says of a token that it does not know (any more).
            200..=299 | 400 => Ok(()),
            status => Err(CallError::NotSent(Trouble::Status(status))),
        }
    }

    fn oauth(&self) -> Oauth {
        let url = "the settings were checked at start";
        let mut client = BasicClient::new(ClientId::new(self.client_id.clone()))
            .set_auth_uri(AuthUrl::new(self.authorize_url.to_string()).expect(url))
            .set_token_uri(TokenUrl::new(self.endpoint("/2/oauth2/token")).expect(url))
            .set_redirect_uri(RedirectUrl::new(self.redirect_uri.clone()).expect(url))
            // Detecting the style proved unreliable against X: it is said outright.
            .set_auth_type(AuthType::BasicAuth);
        if let Some(secret) = &self.client_secret {
            client = client.set_client_secret(ClientSecret::new(secret.expose_secret().to_owned()));
        }
        client
    }
}

/// Carries the library's requests over our client. The future is boxed: one borrowed from a
/// closure is not `Send` for every lifetime, which spawning needs.
struct Wire(reqwest::Client);

impl<'c> AsyncHttpClient<'c> for Wire {
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
                200..=299 => readable(answer),
                400 if answer.json().is_some() => readable(answer),
                // A stray 401, a 429, a page of the edge: nothing was granted, nothing is proven.
                status => Err(NoAnswer(CallError::NotSent(Trouble::Status(status)))),
            }
        })
    }
}

fn readable(answer: Answer) -> Result<HttpResponse, NoAnswer> {
    let mut response = HttpResponse::new(answer.body);
    *response.headers_mut() = answer.headers;
    *response.status_mut() = http::StatusCode::from_u16(answer.status)
        .map_err(|_| NoAnswer(CallError::InDoubt(Trouble::Unreadable)))?;
    Ok(response)
}

fn refresh_failure(error: &TokenError) -> RefreshFailure {
    match error {
        TokenError::ServerResponse(refusal) => {
            let about_the_token = matches!(
                refusal.error(),
                BasicErrorResponseType::InvalidRequest | BasicErrorResponseType::InvalidGrant
            ) && refusal
                .error_description()
                .is_none_or(|words| words.to_lowercase().contains("token"));
            if about_the_token {
                RefreshFailure::TokenInvalid
            } else {
                RefreshFailure::Unavailable
            }
        }
        TokenError::Request(NoAnswer(CallError::InDoubt(_))) => RefreshFailure::AnswerLost,
        TokenError::Request(_) => RefreshFailure::Unavailable,
        // 200 with a body that holds no pair: the old token is spent.
        TokenError::Parse(..) | TokenError::Other(_) => RefreshFailure::AnswerLost,
    }
}

fn pair(token: &BasicTokenResponse) -> TokenPair {
    let scopes = token.scopes().map(|scopes| {
        scopes
            .iter()
            .map(|scope| scope.as_str())
            .collect::<Vec<_>>()
            .join(" ")
    });
    TokenPair {
        access_token: token.access_token().secret().clone().into(),
        expires_in: token.expires_in().unwrap_or_default(),
        refresh_token: token
            .refresh_token()
            .map(|token| token.secret().clone().into()),
        scopes,
    }
}

/// No answer that could be read as OAuth.
#[derive(Debug)]
struct NoAnswer(CallError<std::convert::Infallible>);

impl fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for NoAnswer {}
