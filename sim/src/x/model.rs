//! Users, grants, tokens, posts and media of the simulated X.

use std::collections::BTreeMap;

use axum::body::Bytes;
use birdcall_domain::clock::Timestamp;
use serde::{Deserialize, Serialize};

/// A user of the simulated X.
#[derive(Clone, Debug, Serialize)]
pub struct User {
    /// The numeric id.
    pub id: String,
    /// The handle, without `@`.
    pub username: String,
    /// The shown name.
    pub name: String,
    /// What X thinks of the user.
    #[serde(flatten)]
    pub options: UserOptions,
}

/// What X thinks of a user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UserOptions {
    /// Posting is refused: suspended.
    pub suspended: bool,
    /// Posting is refused: locked until the user signs in.
    pub locked: bool,
    /// May write long posts.
    pub premium: bool,
}

/// A link in a post.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PostUrl {
    /// First character in the shown text.
    pub start: usize,
    /// One past the last character in the shown text.
    pub end: usize,
    /// The short link.
    pub url: String,
    /// Where it leads.
    pub expanded_url: String,
    /// How it is shown.
    pub display_url: String,
}

/// A post.
#[derive(Clone, Debug, Serialize)]
pub struct Post {
    /// The numeric id; grows with time.
    pub id: String,
    /// The author.
    pub user_id: String,
    /// The author's handle.
    pub username: String,
    /// The text as it was sent.
    pub text: String,
    /// The text as X gives it back: short links, escaped `&`, `<` and `>`.
    pub shown_text: String,
    /// The links in it.
    pub urls: Vec<PostUrl>,
    /// Attached media.
    pub media_ids: Vec<String>,
    /// The post that this one answers.
    pub in_reply_to: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Whether the author deleted it.
    pub deleted: bool,
}

/// What a user allowed an app. Revoked when the user removes the app, or when a token that was
/// spent is seen again.
#[derive(Clone, Debug)]
pub(crate) struct Grant {
    pub(super) user_id: String,
    pub(super) scopes: Vec<String>,
    pub(super) revoked: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct AccessToken {
    pub(super) grant: usize,
    pub(super) expires_at: Timestamp,
}

#[derive(Clone, Debug)]
pub(crate) struct RefreshToken {
    pub(super) grant: usize,
    pub(super) spent: bool,
}

/// An authorization code, kept after its use to notice a second one.
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

/// A medium under way or done.
#[derive(Clone, Debug)]
pub(crate) struct Upload {
    pub(super) user_id: String,
    pub(super) category: String,
    /// Declared at initialize.
    pub(super) total_bytes: usize,
    pub(super) segments: BTreeMap<usize, Bytes>,
    pub(super) size: usize,
    pub(super) alt_text: Option<String>,
    pub(super) expires_at: Timestamp,
    /// When processing ends; nothing before finalize.
    pub(super) ready_at: Option<Timestamp>,
}

/// Who calls, with what moment.
pub(super) struct Caller {
    pub(super) user_id: String,
    pub(super) now: Timestamp,
}
