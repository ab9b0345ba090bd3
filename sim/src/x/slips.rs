//! How an answer about the timeline can differ from what X documents.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::model::TOKEN_PREFIX;

/// How answers about the timeline differ from what X documents. The status is always 200.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TimelineSlips {
    /// Posts are shown without `entities`, so that nothing says where a `t.co` link leads.
    pub without_entities: bool,
    /// The positions of links are left out.
    pub without_positions: bool,
    /// The positions of links are too large by this number.
    pub positions_off: u64,
    /// Hosts are shown in the form of the DNS, as `xn--…`.
    pub hosts_of_dns: bool,
    /// The newest posts, this many, are left out but counted.
    pub hidden: usize,
    /// Each post is shown without its text.
    pub without_text: bool,
    /// `data` is replaced by `errors`.
    pub errors_for_data: bool,
    /// `errors` are added to `data`.
    pub errors_beside_data: bool,
    /// The last page names a next one, which is empty and names a next one again.
    pub token_left: bool,
    /// `meta` is left out.
    pub without_meta: bool,
}

impl TimelineSlips {
    /// Changes the correct answer `body`.
    pub(super) fn apply(&self, body: &mut Value) {
        if let Some(posts) = body.get_mut("data").and_then(Value::as_array_mut) {
            posts.drain(..self.hidden.min(posts.len()));
            for post in posts {
                self.change_post(post);
            }
        }
        if self.token_left {
            body["meta"]["next_token"] = format!("{TOKEN_PREFIX}1").into();
        }
        let Some(fields) = body.as_object_mut() else {
            return;
        };
        if self.errors_for_data || self.errors_beside_data {
            let error = json!({
                "title": "Service Unavailable",
                "detail": "The timeline could not be read.",
                "type": "https://api.x.com/2/problems/resource-unavailable",
            });
            fields.insert("errors".to_owned(), json!([error]));
        }
        if self.errors_for_data {
            fields.remove("data");
            fields.remove("meta");
        }
        if self.without_meta {
            fields.remove("meta");
        }
    }

    fn change_post(&self, post: &mut Value) {
        let Some(fields) = post.as_object_mut() else {
            return;
        };
        if self.without_entities {
            fields.remove("entities");
        }
        if self.without_text {
            fields.remove("text");
        }
        let urls = fields
            .get_mut("entities")
            .and_then(|entities| entities.get_mut("urls"))
            .and_then(Value::as_array_mut);
        for url in urls.into_iter().flatten().filter_map(Value::as_object_mut) {
            for place in ["start", "end"] {
                if self.without_positions {
                    url.remove(place);
                } else if let Some(position) = url.get(place).and_then(Value::as_u64) {
                    url.insert(place.to_owned(), (position + self.positions_off).into());
                }
            }
            let target = url.get("expanded_url").and_then(Value::as_str);
            if let Some(target) = target.and_then(|target| target.parse::<url::Url>().ok())
                && self.hosts_of_dns
            {
                url.insert("expanded_url".to_owned(), target.to_string().into());
            }
        }
    }
}
