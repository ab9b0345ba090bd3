//! The settings of the X app.

use secrecy::SecretString;
use url::Url;

/// The X app, and where X's API is.
#[derive(Clone, Debug)]
pub struct XConfig {
    /// `X_CLIENT_ID`: the app's OAuth 2.0 client ID.
    pub client_id: String,
    /// `X_CLIENT_SECRET`: the app's OAuth 2.0 client secret. Only confidential clients have one.
    pub client_secret: Option<SecretString>,
    /// `X_API_URL`: the base URL of X's API.
    pub api_url: Url,
    /// `X_AUTHORIZE_URL`: the page at X to which a browser is sent to sign in.
    pub authorize_url: Url,
}
