//! The users, credentials, posts and media of the simulated X.

use std::collections::BTreeMap;

use axum::body::Bytes;
use birdcall_domain::clock::Timestamp;
use serde::{Deserialize, Serialize};

/// How a token begins that asks for the next page of a timeline. The id of the oldest post on the page
/// before follows.
pub(super) const TOKEN_PREFIX: &str = "7140dibdnow9c7btw";

/// A user of the simulated X.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct User {
    /// The user's id, a number in decimal digits.
    pub id: String,
    /// The handle without `@`.
    pub username: String,
    /// The display name.
    pub name: String,
    /// The state of the user's account.
    #[serde(flatten)]
    pub options: UserOptions,
}

/// The state of a user's account at X.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UserOptions {
    /// The account is suspended: X refuses its posts with 403.
    pub suspended: bool,
    /// The account is locked until the user logs in at X: X refuses its posts with 403.
    pub locked: bool,
    /// The user has X Premium and may write posts of 25,000 characters.
    pub premium: bool,
}

/// A link in a post, in the shape of X's `entities.urls`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostUrl {
    /// The index of the link's first character in the shown text.
    pub start: usize,
    /// The index after the link's last character in the shown text.
    pub end: usize,
    /// The short link that replaces the original one.
    pub url: String,
    /// The original link with its scheme.
    pub expanded_url: String,
    /// The original link without its scheme, shortened for display.
    pub display_url: String,
}

/// A post of the simulated X.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Post {
    /// The post's id, a number in decimal digits. Later posts have larger ids.
    pub id: String,
    /// The id of the author.
    pub user_id: String,
    /// The author's handle without `@`.
    pub username: String,
    /// The text as the app sent it.
    pub text: String,
    /// The text as X returns it, with short links and with `&`, `<` and `>` escaped.
    pub shown_text: String,
    /// The links in the text.
    pub urls: Vec<PostUrl>,
    /// The ids of the attached media.
    pub media_ids: Vec<String>,
    /// The id of the post to which this post replies.
    pub in_reply_to: Option<String>,
    /// The time of creation by the simulator's clock.
    pub created_at: Timestamp,
    /// Whether the author deleted the post.
    pub deleted: bool,
}

/// The permission that a user gave to an app. It is revoked when the user removes the app, and when
/// a token that was already exchanged is presented again.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Grant {
    pub(super) user_id: String,
    pub(super) scopes: Vec<String>,
    pub(super) revoked: bool,
    /// How often a refresh token of the grant was refused.
    pub(super) refusals: u64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct AccessToken {
    pub(super) grant: usize,
    pub(super) expires_at: Timestamp,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct RefreshToken {
    pub(super) grant: usize,
    /// The access token that was issued with it.
    pub(super) access_token: String,
    pub(super) exchanged: Option<Exchanged>,
}

/// A refresh token was exchanged for a new pair.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Exchanged {
    pub(super) at: Timestamp,
    /// Whether the app got the new pair. It is `false` when a fault kept the answer.
    pub(super) answered: bool,
}

/// An authorization code. It is kept after its use, so that a second use is noticed.
#[derive(Clone, Debug)]
pub(crate) struct Code {
    pub(super) user_id: String,
    pub(super) scopes: Vec<String>,
    pub(super) client_id: String,
    pub(super) redirect_uri: String,
    pub(super) challenge: String,
    pub(super) expires_at: Timestamp,
    pub(super) used: bool,
    pub(super) grant: Option<usize>,
}

/// A file that is being uploaded or was uploaded.
#[derive(Clone, Debug)]
pub(crate) struct Upload {
    pub(super) user_id: String,
    pub(super) category: String,
    /// The size that was declared when the upload was initialized.
    pub(super) total_bytes: usize,
    pub(super) segments: BTreeMap<usize, Bytes>,
    pub(super) size: usize,
    pub(super) alt_text: Option<String>,
    pub(super) expires_at: Timestamp,
    /// The time at which processing ends, or `None` before the upload is finalized.
    pub(super) ready_at: Option<Timestamp>,
}

/// The user whose access token a request carries, and the time of the request.
pub(super) struct Caller {
    pub(super) user_id: String,
    pub(super) now: Timestamp,
}
