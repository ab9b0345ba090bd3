//! OAuth 2.0 as X offers it: the authorization code grant with PKCE (RFC 6749, RFC 7636).

use std::time::Duration;

use birdcall_domain::{
    account::RefreshFailure,
    authorization::{SCOPES, SignInFailure},
    call::{CallError, Trouble},
};
use oauth2::{
    AuthType, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointNotSet,
    EndpointSet, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RefreshToken, RequestTokenError,
    Scope, StandardErrorResponse, TokenResponse as _, TokenUrl,
    basic::{BasicClient, BasicErrorResponseType, BasicTokenResponse},
};
use secrecy::{ExposeSecret as _, SecretString};

use super::{
    client::XClient,
    oauth_answers::{ACCESS_TOKEN_LIFE, Refusal},
    oauth_transport::{NoAnswer, Transport},
};
use crate::{http::send, measure::Endpoint};

/// The tokens that X grants, for a code or for a refresh token.
#[derive(Clone, Debug)]
pub struct TokenPair {
    /// The token that authorizes calls.
    pub access_token: SecretString,
    /// How long the access token lasts. X documents 2 hours, which also applies if X
    /// does not say.
    pub expires_in: Duration,
    /// The token that is exchanged for the next pair. X grants it only with the scope
    /// `offline.access`.
    pub refresh_token: Option<SecretString>,
    /// The scopes that X granted, separated by spaces. They may differ from those asked for.
    pub scopes: Option<String>,
}

type Oauth = BasicClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet>;
type TokenError = RequestTokenError<NoAnswer, StandardErrorResponse<BasicErrorResponseType>>;

impl XClient {
    /// The address of X's sign-in page, with `state` and the S256 challenge of `verifier`.
    ///
    /// # Panics
    ///
    /// If one of the client's URLs cannot be parsed. All of them were parsed when the settings were
    /// read, so that does not happen.
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

    /// Exchanges an authorization code for tokens. X accepts a code once, and within 30 seconds.
    ///
    /// # Errors
    ///
    /// [`SignInFailure::CodeRefused`], [`SignInFailure::AppRefused`] or [`SignInFailure::Outage`].
    pub async fn exchange(
        &self,
        code: &str,
        verifier: &SecretString,
    ) -> Result<TokenPair, SignInFailure> {
        let answer = self
            .oauth()
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .set_pkce_verifier(PkceCodeVerifier::new(verifier.expose_secret().to_owned()))
            .request_async(&self.transport(Endpoint::EXCHANGE))
            .await;
        answer
            .map(|token| read_pair(&token))
            .map_err(|error| match error {
                TokenError::Request(NoAnswer::Refused(why)) if why.is_about_the_code() => {
                    SignInFailure::CodeRefused
                }
                TokenError::Request(NoAnswer::Refused(why)) if why.is_about_the_app() => {
                    SignInFailure::AppRefused
                }
                _ => SignInFailure::Outage,
            })
    }

    /// Exchanges a refresh token for a new pair. The refresh token is spent after this, so the caller
    /// must hold the account's lease, and must store the new pair before doing anything else.
    ///
    /// # Errors
    ///
    /// See [`RefreshFailure`].
    pub async fn refresh(&self, refresh_token: &SecretString) -> Result<TokenPair, RefreshFailure> {
        let token = RefreshToken::new(refresh_token.expose_secret().to_owned());
        let answer = self
            .oauth()
            .exchange_refresh_token(&token)
            .request_async(&self.transport(Endpoint::REFRESH))
            .await;
        answer
            .map(|token| read_pair(&token))
            .map_err(|error| read_refresh_failure(&error))
    }

    /// Revokes an access token or a refresh token at X. Revoking a token twice does no harm.
    ///
    /// # Errors
    ///
    /// X may not have revoked the token: it could not be reached, or it answered with an error.
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
        let answer = send(&self.seen, request, Endpoint::REVOKE).await?;
        // X answers an error about the token if it does not know it, or no longer knows it.
        let is_over = || Refusal::read(&answer).is_some_and(|refusal| refusal.ends_the_grant());
        match answer.status {
            200..=299 => Ok(()),
            _ if is_over() => Ok(()),
            status => Err(CallError::NotSent(Trouble::Status(status))),
        }
    }

    fn transport(&self, endpoint: Endpoint) -> Transport {
        Transport {
            http: self.http.clone(),
            seen: self.seen.clone(),
            endpoint,
        }
    }

    fn oauth(&self) -> Oauth {
        let parsed = "it was parsed with the settings";
        let mut client = BasicClient::new(ClientId::new(self.client_id.clone()))
            .set_auth_uri(AuthUrl::new(self.authorize_url.to_string()).expect(parsed))
            .set_token_uri(TokenUrl::new(self.endpoint("/2/oauth2/token")).expect(parsed))
            .set_redirect_uri(RedirectUrl::new(self.redirect_uri().to_owned()).expect(parsed))
            // Detecting the style proved unreliable against X, so it is set: the client's secret
            // goes into the `Authorization` header.
            .set_auth_type(AuthType::BasicAuth);
        if let Some(secret) = &self.client_secret {
            client = client.set_client_secret(ClientSecret::new(secret.expose_secret().to_owned()));
        }
        client
    }
}

fn read_refresh_failure(error: &TokenError) -> RefreshFailure {
    match error {
        TokenError::Request(NoAnswer::Refused(refusal)) if refusal.ends_the_grant() => {
            RefreshFailure::TokenInvalid
        }
        TokenError::Request(NoAnswer::Failed(CallError::InDoubt(_))) => RefreshFailure::AnswerLost,
        TokenError::Request(NoAnswer::Refused(refusal)) if refusal.is_about_the_app() => {
            RefreshFailure::AppRefused
        }
        TokenError::Request(_) => RefreshFailure::Unavailable,
        // The library gets to see pairs only, so it has nothing to complain about.
        TokenError::ServerResponse(_) | TokenError::Parse(..) | TokenError::Other(_) => {
            RefreshFailure::AnswerLost
        }
    }
}

/// Whether X can have meant a scope: letters, digits and a few marks, as in `tweet.read`. Whatever else the
/// answer holds is not stored.
fn is_scope(scope: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"._:-".contains(&b);
    scope.len() <= 64 && scope.bytes().all(plain)
}

fn read_pair(token: &BasicTokenResponse) -> TokenPair {
    let scopes = token.scopes().map(|scopes| {
        scopes
            .iter()
            .map(|scope| scope.as_str())
            .filter(|scope| is_scope(scope))
            .collect::<Vec<_>>()
            .join(" ")
    });
    TokenPair {
        access_token: token.access_token().secret().clone().into(),
        expires_in: token.expires_in().unwrap_or(ACCESS_TOKEN_LIFE),
        refresh_token: token
            .refresh_token()
            .map(|token| token.secret().clone().into()),
        scopes,
    }
}
