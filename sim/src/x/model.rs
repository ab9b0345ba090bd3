//! Users, grants, tokens, posts and media of the simulated X.

use std::collections::{BTreeMap, HashMap};

use birdcall_domain::clock::Timestamp;
use serde::{Deserialize, Serialize};

use super::{limits::Windows, upload::Upload};

/// X's epoch for ids, in Unix milliseconds.
const SNOWFLAKE_EPOCH_MILLIS: i64 = 1_288_834_974_657;

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

/// Everything that X remembers.
#[derive(Default)]
pub(crate) struct X {
    pub(crate) users: BTreeMap<String, User>,
    pub(crate) posts: Vec<Post>,
    /// Places in `posts`, oldest first.
    pub(super) posts_by_user: HashMap<String, Vec<usize>>,
    pub(super) posts_by_id: HashMap<String, usize>,
    /// Places in `posts` of the same text by the same user.
    pub(super) posts_by_text: HashMap<(String, String), Vec<usize>>,
    pub(super) grants: Vec<Grant>,
    pub(crate) access_tokens: HashMap<String, AccessToken>,
    pub(super) refresh_tokens: HashMap<String, RefreshToken>,
    pub(super) codes: HashMap<String, Code>,
    pub(super) uploads: HashMap<String, Upload>,
    pub(super) windows: Windows,
    last_id: i64,
}

impl X {
    /// The user of that name, created on first use. Handles do not differ by case.
    pub(crate) fn user_named(&mut self, username: &str) -> &mut User {
        let number = self.users.len() + 1;
        self.users
            .entry(username.to_lowercase())
            .or_insert_with(|| User {
                id: format!("{}", 1_500_000_000_000_000_000_u64 + number as u64),
                username: username.to_owned(),
                name: username.to_owned(),
                options: UserOptions::default(),
            })
    }

    pub(super) fn user_by_id(&self, id: &str) -> Option<&User> {
        self.users.values().find(|user| user.id == id)
    }

    /// A numeric id that follows from the time and is larger than every one before.
    pub(super) fn next_id(&mut self, now: Timestamp) -> String {
        let by_time = (now.as_millis() - SNOWFLAKE_EPOCH_MILLIS).max(1) << 22;
        self.last_id = by_time.max(self.last_id + 1);
        self.last_id.to_string()
    }

    /// User and scopes of a live access token.
    pub(super) fn grant_of(&self, token: &str, now: Timestamp) -> Option<(String, Vec<String>)> {
        let token = self
            .access_tokens
            .get(token)
            .filter(|token| now < token.expires_at)?;
        let grant = self
            .grants
            .get(token.grant)
            .filter(|grant| !grant.revoked)?;
        Some((grant.user_id.clone(), grant.scopes.clone()))
    }

    /// Ends a grant with all its tokens.
    pub(super) fn revoke_grant(&mut self, grant: usize) {
        if let Some(grant) = self.grants.get_mut(grant) {
            grant.revoked = true;
        }
    }

    /// The user removes the app.
    pub(crate) fn revoke_user(&mut self, username: &str) {
        let id = self.user_named(username).id.clone();
        for grant in self.grants.iter_mut().filter(|grant| grant.user_id == id) {
            grant.revoked = true;
        }
        self.codes.retain(|_, code| code.user_id != id);
    }
}
