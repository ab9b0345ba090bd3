//! An account's own posts, for finding out whether a text was posted.

use birdcall_domain::{
    call::CallError, clock::Timestamp, post::TimelinePost, rejection::XRejection,
};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use super::{
    answers::{Effect, read_answer},
    client::{XClient, XResult},
};
use crate::http::send;

/// How many posts one request asks for. X allows 5 to 100.
const PAGE_SIZE: &str = "100";
/// The fields that a request asks for besides `id` and `text`, by the names of X's OpenAPI
/// description 2.167. Before, the parameter was `tweet.fields` and a long text was in `note_tweet`.
const POST_FIELDS: &[(&str, &str)] = &[("post.fields", "created_at,entities,note_post")];
/// How many pages are read at most. A person who texts does not write more posts than fit on them
/// between a text and its lookup.
const PAGES_MAX: usize = 5;

impl XClient {
    /// Lists the account's posts since `start`, newest first (`GET /2/users/:id/tweets`).
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
        match self.read_pages(POST_FIELDS, token, user_id, start).await {
            // X renames fields without notice. Most posts are recognised without them too.
            Err(CallError::Rejected(XRejection::Other { status: 400, .. })) => {
                self.read_pages(&[], token, user_id, start).await
            }
            read => read,
        }
    }

    async fn read_pages(
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
        for _ in 0..PAGES_MAX {
            let mut query = vec![("max_results", PAGE_SIZE), ("start_time", &start)];
            query.extend_from_slice(fields);
            if let Some(page) = &page {
                query.push(("pagination_token", page));
            }
            let request = self.http.get(&url).query(&query);
            let answer = send(request.bearer_auth(token.expose_secret())).await?;
            let body = read_answer(&answer, Effect::Repeatable, self.now())?;
            // X leaves `data` out of a page without posts.
            posts.extend(
                body["data"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(read_post),
            );
            page = body["meta"]["next_token"].as_str().map(str::to_owned);
            if page.is_none() {
                break;
            }
        }
        Ok(posts)
    }
}

fn read_post(post: &Value) -> Option<TimelinePost> {
    // The whole text of a long post, with its links, is in a separate field.
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
