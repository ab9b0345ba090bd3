//! `GET /2/users/:id/tweets`: the posts of a user, newest first.

use axum::{
    Json,
    extract::{Path, RawQuery, State},
    http::HeaderMap,
    response::{IntoResponse as _, Response},
};
use birdcall_domain::clock::Timestamp;
use chrono::DateTime;
use serde_json::{Map, Value, json};

use super::{
    errors,
    guard::guarded,
    limits::Counted,
    model::{Post, TOKEN_PREFIX},
};
use crate::{request::Form, sim::Sim};

const RESULTS_DEFAULT: usize = 10;
/// The timeline contains at most this many of the latest posts.
const REACH_MAX: usize = 3200;

const PARAMETERS: [&str; 14] = [
    "max_results",
    "pagination_token",
    "start_time",
    "end_time",
    "since_id",
    "until_id",
    "exclude",
    "tweet.fields",
    "post.fields",
    "expansions",
    "user.fields",
    "media.fields",
    "poll.fields",
    "place.fields",
];

/// The checked parameters of a request.
#[derive(Default)]
struct Window {
    results: usize,
    /// Unix seconds, because X ignores fractions of a second.
    start: Option<i64>,
    end: Option<i64>,
    since_id: Option<u64>,
    until_id: Option<u64>,
    /// Only posts with a smaller id are shown. It comes from the pagination token.
    before_id: Option<u64>,
    without_replies: bool,
    fields: Vec<String>,
}

pub(super) async fn timeline(
    State(sim): State<Sim>,
    headers: HeaderMap,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let form = Form::parse(query.unwrap_or_default().as_bytes());
    guarded(
        &sim,
        &headers,
        Counted::Timeline,
        &["tweet.read", "users.read"],
        |state, caller| {
            let window = match parse(&form) {
                Ok(window) => window,
                Err((name, message)) => {
                    return errors::invalid(&name, form.get(&name).unwrap_or_default(), &message);
                }
            };
            if state.x.user_by_id(&id).is_none() {
                return Json(json!({"errors": [errors::not_found("user", &id)]})).into_response();
            }
            let lag = i64::try_from(state.settings.visibility_lag_ms).unwrap_or(i64::MAX);
            let places = state
                .x
                .posts_by_user
                .get(&id)
                .map(Vec::as_slice)
                .unwrap_or_default();
            let mut found = places
                .iter()
                .rev()
                .map(|place| &state.x.posts[*place])
                .filter(|post| {
                    let visible_at = post.created_at.as_millis().saturating_add(lag);
                    !post.deleted && visible_at <= caller.now.as_millis()
                })
                .take(REACH_MAX)
                .filter(|post| window.holds(post));
            let page: Vec<&Post> = found.by_ref().take(window.results).collect();
            let more = found.next().is_some();
            let mut body = render(&page, more, &window.fields);
            state.settings.timeline.apply(&mut body);
            Json(body).into_response()
        },
    )
}

impl Window {
    fn holds(&self, post: &Post) -> bool {
        let id: u64 = post.id.parse().unwrap_or(0);
        let second = post.created_at.as_millis().div_euclid(1000);
        self.start.is_none_or(|start| second >= start)
            && self.end.is_none_or(|end| second < end)
            && self.since_id.is_none_or(|since| id > since)
            && self.until_id.is_none_or(|until| id < until)
            && self.before_id.is_none_or(|before| id < before)
            && !(self.without_replies && post.in_reply_to.is_some())
    }
}

fn parse(form: &Form) -> Result<Window, (String, String)> {
    let wrong = |name: &str, message: &str| (name.to_owned(), message.to_owned());
    if let Some(name) = form.unknown(&PARAMETERS) {
        return Err(wrong(
            name,
            &format!("The query parameter [{name}] is not one of those known"),
        ));
    }
    let mut window = Window {
        results: RESULTS_DEFAULT,
        ..Window::default()
    };
    for (name, value) in &form.0 {
        let number = || match value.parse::<u64>() {
            Ok(number) if value.len() <= 19 => Ok(Some(number)),
            _ => Err(wrong(
                name,
                &format!("The `{name}` query parameter value [{value}] is not valid"),
            )),
        };
        let time = || match DateTime::parse_from_rfc3339(value) {
            Ok(time) => Ok(Some(time.timestamp())),
            Err(_) => Err(wrong(
                name,
                &format!("Invalid '{name}':'{value}'. '{name}' must be a RFC3339 date-time"),
            )),
        };
        match name.as_str() {
            "max_results" => {
                window.results = value.parse().ok().filter(|n| (5..=100).contains(n)).ok_or_else(
                    || wrong(name, &format!("The `max_results` query parameter value [{value}] is not between 5 and 100")),
                )?;
            }
            "since_id" => window.since_id = number()?,
            "until_id" => window.until_id = number()?,
            "start_time" => window.start = time()?,
            "end_time" => window.end = time()?,
            "pagination_token" => {
                let id = value
                    .strip_prefix(TOKEN_PREFIX)
                    .and_then(|id| id.parse().ok());
                window.before_id =
                    Some(id.ok_or_else(|| wrong(name, "The `pagination_token` is not valid"))?);
            }
            "exclude" => {
                for kind in value.split(',') {
                    match kind {
                        "replies" => window.without_replies = true,
                        "retweets" => {}
                        _ => return Err(wrong(name, "`exclude` takes replies and retweets")),
                    }
                }
            }
            "tweet.fields" | "post.fields" => {
                window.fields.extend(value.split(',').map(str::to_owned));
            }
            _ => {}
        }
    }
    if let (Some(start), Some(end)) = (window.start, window.end)
        && start >= end
    {
        return Err(wrong(
            "start_time",
            "'start_time' must be before 'end_time'",
        ));
    }
    Ok(window)
}

fn render(page: &[&Post], more: bool, fields: &[String]) -> Value {
    let mut meta = json!({"result_count": page.len()});
    let (Some(newest), Some(oldest)) = (page.first(), page.last()) else {
        return json!({"meta": meta});
    };
    meta["newest_id"] = newest.id.clone().into();
    meta["oldest_id"] = oldest.id.clone().into();
    if more {
        meta["next_token"] = format!("{TOKEN_PREFIX}{}", oldest.id).into();
    }
    let data: Vec<Value> = page.iter().map(|post| render_post(post, fields)).collect();
    json!({"data": data, "meta": meta})
}

fn render_post(post: &Post, fields: &[String]) -> Value {
    let mut shown = Map::new();
    shown.insert("id".to_owned(), post.id.clone().into());
    shown.insert("text".to_owned(), post.shown_text.clone().into());
    shown.insert("edit_history_post_ids".to_owned(), json!([post.id]));
    for field in fields {
        let value = match field.as_str() {
            "created_at" => {
                let second = post.created_at.as_millis().div_euclid(1000);
                Timestamp::from_secs(second).to_rfc3339().into()
            }
            "author_id" => post.user_id.clone().into(),
            "entities" if !post.urls.is_empty() => json!({"urls": post.urls}),
            "attachments" if !post.media_ids.is_empty() => {
                let keys: Vec<String> = post.media_ids.iter().map(|id| format!("3_{id}")).collect();
                json!({"media_keys": keys})
            }
            "referenced_tweets" | "referenced_posts" => match &post.in_reply_to {
                Some(id) => json!([{"type": "replied_to", "id": id}]),
                None => continue,
            },
            _ => continue,
        };
        shown.insert(field.clone(), value);
    }
    Value::Object(shown)
}
