//! Posts, the account's own timeline, and who the account is.

use birdcall_domain::{
    call::CallError, clock::Timestamp, post::TimelinePost, rejection::XRejection,
};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

use super::{
    XClient,
    answers::{Effect, created_post, judge},
};
use crate::http::send;

/// Who an access token belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct XUser {
    /// X's id.
    pub id: String,
    /// The handle, without `@`.
    pub username: String,
}

/// Posts asked for in one timeline request (X takes 5 to 100).
const TIMELINE_PAGE: &str = "100";
/// What is asked for beside id and text, by the names of X's description 2.167 (`tweet.fields`,
/// `note_tweet` before).
const TIMELINE_FIELDS: &[(&str, &str)] = &[("post.fields", "created_at,entities,note_post")];
/// Pages that are read at most: more posts than that within one window are not the account of a
/// person who texts.
const TIMELINE_PAGES_MAX: usize = 5;

type XResult<T> = Result<T, CallError<XRejection>>;

impl XClient {
    /// `POST /2/tweets`. There is no idempotency key: an unclear answer must be resolved by
    /// [`XClient::timeline`] before another try.
    ///
    /// # Errors
    ///
    /// See [`CallError`]; only [`CallError::InDoubt`] leaves open whether the post exists.
    pub async fn create_post(&self, token: &SecretString, text: &str) -> XResult<String> {
        let request = self
            .http
            .post(self.endpoint("/2/tweets"))
            .json(&json!({ "text": text }));
        let answer = send(request.bearer_auth(token.expose_secret())).await?;
        created_post(&judge(&answer, Effect::Write, self.clock.now())?)
    }

    /// `DELETE /2/tweets/:id`. A post that is gone already counts as deleted.
    ///
    /// # Errors
    ///
    /// See [`CallError`]; never in doubt, since deleting twice is deleting.
    pub async fn delete_post(&self, token: &SecretString, id: &str) -> XResult<()> {
        let request = self.http.delete(self.endpoint(&format!("/2/tweets/{id}")));
        let answer = send(request.bearer_auth(token.expose_secret())).await?;
        if answer.status == 404 && answer.json().is_some() {
            return Ok(());
        }
        judge(&answer, Effect::Repeatable, self.clock.now()).map(|_| ())
    }

    /// `GET /2/users/me`.
    ///
    /// # Errors
    ///
    /// See [`CallError`].
    pub async fn me(&self, token: &SecretString) -> XResult<XUser> {
        let request = self.http.get(self.endpoint("/2/users/me"));
        let answer = send(request.bearer_auth(token.expose_secret())).await?;
        let body = judge(&answer, Effect::Repeatable, self.clock.now())?;
        let text = |name: &str| body["data"][name].as_str().unwrap_or_default().to_owned();
        Ok(XUser {
            id: text("id"),
            username: text("username"),
        })
    }

    /// `GET /2/users/:id/tweets`: the account's posts since `start`, newest first.
    ///
    /// # Errors
    ///
    /// See [`CallError`].
    pub async fn timeline(
        &self,
        token: &SecretString,
        user_id: &str,
        start: Timestamp,
    ) -> XResult<Vec<TimelinePost>> {
        match self
            .timeline_with(TIMELINE_FIELDS, token, user_id, start)
            .await
        {
            // X renames fields without notice; without them a post is still recognised.
            Err(CallError::Rejected(XRejection::Other { status: 400, .. })) => {
                self.timeline_with(&[], token, user_id, start).await
            }
            read => read,
        }
    }

    async fn timeline_with(
        &self,
        fields: &[(&str, &str)],
        token: &SecretString,
        user_id: &str,
        start: Timestamp,
    ) -> XResult<Vec<TimelinePost>> {
        let url = self.endpoint(&format!("/2/users/{user_id}/tweets"));
        let start = start.to_rfc3339();
        let mut posts = Vec::new();
        let mut page: Option<String> = None;
        for _ in 0..TIMELINE_PAGES_MAX {
            let mut query = vec![("max_results", TIMELINE_PAGE), ("start_time", &start)];
            query.extend_from_slice(fields);
            if let Some(page) = &page {
                query.push(("pagination_token", page));
            }
            let request = self.http.get(&url).query(&query);
            let answer = send(request.bearer_auth(token.expose_secret())).await?;
            let body = judge(&answer, Effect::Repeatable, self.clock.now())?;
            // There is no `data` when nothing is there.
            posts.extend(
                body["data"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(timeline_post),
            );
            page = body["meta"]["next_token"].as_str().map(str::to_owned);
            if page.is_none() {
                break;
            }
        }
        Ok(posts)
    }
}

fn timeline_post(post: &Value) -> Option<TimelinePost> {
    // A long post has its whole text, and the links of it, in a field of its own.
    let notes = [&post["note_post"], &post["note_tweet"]];
    let whole = notes
        .into_iter()
        .find(|note| note["text"].is_string())
        .unwrap_or(post);
    let urls = whole["entities"]["urls"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|url| {
            Some((
                url["url"].as_str()?.to_owned(),
                url["expanded_url"].as_str()?.to_owned(),
            ))
        });
    Some(TimelinePost {
        id: post["id"].as_str()?.to_owned(),
        text: whole["text"].as_str()?.to_owned(),
        urls: urls.collect(),
    })
}
