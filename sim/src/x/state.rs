//! Everything that X remembers.

use std::collections::{BTreeMap, HashMap};

use birdcall_domain::clock::Timestamp;

use super::{
    limits::Windows,
    model::{AccessToken, Caller, Code, Grant, Post, RefreshToken, Upload, User, UserOptions},
};

/// The zero of X's ids, in Unix milliseconds.
const SNOWFLAKE_EPOCH_MILLIS: i64 = 1_288_834_974_657;
const IMAGES_PER_POST_MAX: usize = 4;

/// Everything that X remembers.
#[derive(Default)]
pub(crate) struct XState {
    /// The registered callbacks of the app.
    pub(crate) redirect_uris: Vec<String>,
    pub(crate) users: BTreeMap<String, User>,
    pub(crate) posts: Vec<Post>,
    /// For each user the indexes in `posts`, oldest first.
    pub(super) posts_by_user: HashMap<String, Vec<usize>>,
    pub(super) posts_by_id: HashMap<String, usize>,
    /// For each user and text the indexes in `posts`, oldest first.
    pub(super) posts_by_text: HashMap<(String, String), Vec<usize>>,
    pub(crate) grants: Vec<Grant>,
    pub(crate) access_tokens: HashMap<String, AccessToken>,
    pub(crate) refresh_tokens: HashMap<String, RefreshToken>,
    pub(super) codes: HashMap<String, Code>,
    pub(super) uploads: HashMap<String, Upload>,
    pub(super) windows: Windows,
    last_id: i64,
}

impl XState {
    /// Returns the user with this handle, ignoring case. The first use of a handle creates the
    /// user.
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

    /// Returns an id that follows from the time and is larger than all earlier ones.
    pub(super) fn next_id(&mut self, now: Timestamp) -> String {
        let by_time = (now.as_millis() - SNOWFLAKE_EPOCH_MILLIS).max(1) << 22;
        self.last_id = by_time.max(self.last_id + 1);
        self.last_id.to_string()
    }

    /// Returns the user and the scopes of a valid access token.
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

    /// Revokes a grant with all its tokens.
    pub(super) fn revoke_grant(&mut self, grant: usize) {
        if let Some(grant) = self.grants.get_mut(grant) {
            grant.revoked = true;
        }
    }

    /// Returns the number of a user's grants that are not revoked.
    pub(crate) fn grants_in_force(&mut self, username: &str) -> usize {
        let id = self.user_named(username).id.clone();
        let grants = self.grants.iter().filter(|grant| grant.user_id == id);
        grants.filter(|grant| !grant.revoked).count()
    }

    /// Returns the number of times that a refresh token of a user was refused.
    pub(crate) fn refused_refreshes(&mut self, username: &str) -> u64 {
        let id = self.user_named(username).id.clone();
        let grants = self.grants.iter().filter(|grant| grant.user_id == id);
        grants.map(|grant| grant.refusals).sum()
    }

    /// Revokes all grants of a user, as if the user removed the app.
    pub(crate) fn revoke_user(&mut self, username: &str) {
        let id = self.user_named(username).id.clone();
        for grant in self.grants.iter_mut().filter(|grant| grant.user_id == id) {
            grant.revoked = true;
        }
        self.codes.retain(|_, code| code.user_id != id);
    }

    /// Adds a post and indexes it.
    pub(crate) fn add_post(&mut self, post: Post) {
        let place = self.posts.len();
        let text_key = (post.user_id.clone(), post.text.clone());
        self.posts_by_user
            .entry(post.user_id.clone())
            .or_default()
            .push(place);
        self.posts_by_text.entry(text_key).or_default().push(place);
        self.posts_by_id.insert(post.id.clone(), place);
        self.last_id = self.last_id.max(post.id.parse().unwrap_or(0));
        self.posts.push(post);
    }

    pub(super) fn post_by_id(&self, id: &str) -> Option<&Post> {
        self.posts_by_id.get(id).map(|place| &self.posts[*place])
    }

    /// Returns whether the user has a post with this text that is not deleted and was created after
    /// `window_start`, in Unix milliseconds.
    pub(super) fn is_duplicate(&self, user_id: &str, text: &str, window_start: i64) -> bool {
        let key = (user_id.to_owned(), text.to_owned());
        self.posts_by_text.get(&key).is_some_and(|places| {
            let mut posts = places.iter().rev().map(|place| &self.posts[*place]);
            posts.any(|post| !post.deleted && post.created_at.as_millis() > window_start)
        })
    }

    /// Returns whether a post may carry these media: they belong to the user, are processed and not
    /// expired, and X allows their combination.
    pub(super) fn media_usable(&self, ids: &[String], user_id: &str, now: Timestamp) -> bool {
        let mut single = false;
        for (place, id) in ids.iter().enumerate() {
            let usable = self.uploads.get(id).is_some_and(|upload| {
                single |= upload.category != "tweet_image";
                upload.user_id == user_id
                    && upload.category.starts_with("tweet_")
                    && now < upload.expires_at
                    && upload.ready_at.is_some_and(|ready_at| ready_at <= now)
            });
            if !usable || ids[..place].contains(id) {
                return false;
            }
        }
        !ids.is_empty() && ids.len() <= if single { 1 } else { IMAGES_PER_POST_MAX }
    }

    pub(super) fn own_upload(&mut self, id: &str, caller: &Caller) -> Option<&mut Upload> {
        self.uploads
            .get_mut(id)
            .filter(|upload| upload.user_id == caller.user_id && caller.now < upload.expires_at)
    }
}
