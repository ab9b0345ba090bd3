//! The body of `POST /2/tweets`. X refuses a body with an unknown field.

use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(
    dead_code,
    reason = "X accepts these fields, and the simulator ignores them"
)]
pub(super) struct CreatePost {
    #[serde(default)]
    pub(super) text: String,
    pub(super) media: Option<PostMedia>,
    pub(super) reply: Option<PostReply>,
    pub(super) quote_tweet_id: Option<String>,
    reply_settings: Option<ReplySettings>,
    card_uri: Option<String>,
    community_id: Option<String>,
    direct_message_deep_link: Option<String>,
    edit_options: Option<Value>,
    for_super_followers_only: Option<bool>,
    geo: Option<Value>,
    made_with_ai: Option<bool>,
    nullcast: Option<bool>,
    paid_partnership: Option<bool>,
    poll: Option<Value>,
    share_with_followers: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(
    dead_code,
    reason = "X accepts these fields, and the simulator ignores them"
)]
pub(super) struct PostMedia {
    pub(super) media_ids: Vec<String>,
    #[serde(default)]
    tagged_user_ids: Vec<String>,
    call_to_actions: Option<Value>,
    description: Option<String>,
    embeddable: Option<bool>,
    preview_media_id: Option<String>,
    title: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(
    dead_code,
    reason = "X accepts these fields, and the simulator ignores them"
)]
pub(super) struct PostReply {
    pub(super) in_reply_to_tweet_id: String,
    #[serde(default)]
    exclude_reply_user_ids: Vec<String>,
    auto_populate_reply_metadata: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
enum ReplySettings {
    Following,
    MentionedUsers,
    Subscribers,
    Verified,
}
