//! An account's own posts, for finding out whether a text was posted.

use birdcall_domain::{
    call::{CallError, Trouble},
    clock::Timestamp,
    post::TimelinePost,
    rejection::XRejection,
};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use super::{
    answers::{Effect, read_answer},
    client::{XClient, XResult},
};
use crate::{http::send, look::Look, measure::Endpoint};

/// How many posts one request asks for. X allows 5 to 100.
const PAGE_SIZE: &str = "100";
/// How many pages are read at most: X's timeline reaches back 3,200 posts.
const PAGES_MAX: usize = 32;
/// The fields that a request asks for besides `id` and `text`. X renames fields without notice and
/// answers 400 to an unknown name, so the names of X's OpenAPI description 2.167 come first, then the
/// older ones, and then none: most posts are recognised without them too. A long text is in a field
/// of its own.
const FIELDS: [Option<(&str, &str)>; 3] = [
    Some(("post.fields", "created_at,entities,note_post")),
    Some(("tweet.fields", "created_at,entities,note_tweet")),
    None,
];

impl XClient {
    /// Lists the account's posts since `start`, newest first (`GET /2/users/:id/tweets`).
    pub async fn timeline(
        &self,
        token: &SecretString,
        user_id: &str,
        start: Timestamp,
    ) -> Look<TimelinePost, XRejection> {
        let [newest, older, none] = FIELDS;
        let unknown_field = |look: &Look<TimelinePost, XRejection>| {
            let refusal = &look.trouble;
            look.seen.is_empty()
                && matches!(
                    refusal,
                    Some(CallError::Rejected(XRejection::Other { status: 400, .. }))
                )
        };
        for fields in [newest, older] {
            let look = self.read_pages(fields, token, user_id, start).await;
            if !unknown_field(&look) {
                return look;
            }
        }
        self.read_pages(none, token, user_id, start).await
    }

    async fn read_pages(
        &self,
        fields: Option<(&str, &str)>,
        token: &SecretString,
        user_id: &str,
        start: Timestamp,
    ) -> Look<TimelinePost, XRejection> {
        let start = start.to_rfc3339();
        let mut look = Look::new();
        let mut next: Option<String> = None;
        for _ in 0..PAGES_MAX {
            let mut query = vec![("max_results", PAGE_SIZE), ("start_time", &start)];
            query.extend(fields);
            if let Some(next) = &next {
                query.push(("pagination_token", next));
            }
            let page = match self.read_page(&query, token, user_id).await {
                Ok(body) => read_page(&body),
                Err(error) => return look.broken(error),
            };
            look.seen.extend(page.posts);
            match page.end {
                End::Last => return look,
                End::More(token) => next = Some(token),
                End::Broken => return look.broken(UNREADABLE),
            }
        }
        look.broken(UNREADABLE)
    }

    async fn read_page(
        &self,
        query: &[(&str, &str)],
        token: &SecretString,
        user_id: &str,
    ) -> XResult<Value> {
        let url = self.endpoint(&format!("/2/users/{user_id}/tweets"));
        let request = self.http.get(url).query(query);
        let request = request.bearer_auth(token.expose_secret());
        let answer = send(&self.seen, request, Endpoint::TIMELINE).await?;
        read_answer(&answer, Effect::Repeatable, self.now())
    }
}

const UNREADABLE: CallError<XRejection> = CallError::NotSent(Trouble::Unreadable);

/// A page of the timeline.
struct Page {
    /// The posts that could be read.
    posts: Vec<TimelinePost>,
    end: End,
}

/// How a page ends.
#[derive(Debug, PartialEq, Eq)]
enum End {
    /// The page is complete, and it is the last.
    Last,
    /// The page is complete, and this token asks for the next.
    More(String),
    /// The page does not show all that it should show.
    Broken,
}

/// Reads a page. X leaves `data` out of a page without posts, and it also answers 200 with `errors`
/// if it could not read the timeline or a part of it. So a page is complete only if it has no
/// `errors`, and as many posts as `result_count` says.
fn read_page(body: &Value) -> Page {
    let rows = body["data"].as_array().map(Vec::as_slice);
    let posts: Vec<TimelinePost> = rows
        .unwrap_or_default()
        .iter()
        .filter_map(read_post)
        .collect();
    let all_read = posts.len() == rows.unwrap_or_default().len()
        && body["meta"]["result_count"].as_u64() == u64::try_from(posts.len()).ok()
        && (rows.is_some() || body["data"].is_null());
    let no_errors = match &body["errors"] {
        Value::Array(errors) => errors.is_empty(),
        errors => errors.is_null(),
    };
    let end = match &body["meta"]["next_token"] {
        Value::Null if no_errors && all_read => End::Last,
        Value::String(token) if no_errors && all_read && !token.is_empty() => {
            End::More(token.clone())
        }
        _ => End::Broken,
    };
    Page { posts, end }
}

/// The posts of a page, and whether it is complete and the last.
#[cfg(fuzzing)]
pub(super) fn read_last_page(body: &Value) -> (Vec<TimelinePost>, bool) {
    let page = read_page(body);
    (page.posts, page.end == End::Last)
}

fn read_post(post: &Value) -> Option<TimelinePost> {
    // The whole text of a long post, with its links, is in a separate field.
    let notes = [&post["note_post"], &post["note_tweet"]];
    let whole = notes
        .into_iter()
        .find(|note| note["text"].is_string())
        .unwrap_or(post);
    let urls = [whole, post]
        .into_iter()
        .flat_map(|text| text["entities"]["urls"].as_array().into_iter().flatten())
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

#[cfg(test)]
#[path = "timeline_tests.rs"]
mod tests;
