//! `GET /2/users/me`: the user of the access token.

use axum::{
    Json,
    extract::{RawQuery, State},
    http::HeaderMap,
    response::{IntoResponse as _, Response},
};
use serde_json::{Value, json};

use super::{errors, guard::guarded, limits::Counted};
use crate::{request::Form, sim::Sim};

const FIELDS: [&str; 25] = [
    "confirmed_email",
    "connection_status",
    "created_at",
    "description",
    "entities",
    "id",
    "is_identity_verified",
    "location",
    "name",
    "parody",
    "pinned_tweet_id",
    "profile_banner_url",
    "profile_image_url",
    "protected",
    "public_metrics",
    "receives_your_dm",
    "subscribes_to_you",
    "subscription",
    "subscription_type",
    "url",
    "username",
    "verified",
    "verified_followers_count",
    "verified_type",
    "withheld",
];

pub(super) async fn me(
    State(sim): State<Sim>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let form = Form::parse(query.unwrap_or_default().as_bytes());
    guarded(
        &sim,
        &headers,
        Counted::UsersMe,
        &["tweet.read", "users.read"],
        |state, caller| {
            if let Some(name) = form.unknown(&["user.fields", "expansions", "tweet.fields"]) {
                let value = form.get(name).unwrap_or_default();
                return errors::invalid(
                    name,
                    value,
                    "The query parameter is not one of those known.",
                );
            }
            let fields: Vec<&str> = form
                .filled("user.fields")
                .unwrap_or("id")
                .split(',')
                .collect();
            if let Some(field) = fields.iter().find(|field| !FIELDS.contains(field)) {
                return errors::invalid(
                    "user.fields",
                    field,
                    "The field is not one of those known.",
                );
            }
            let Some(user) = state.x.user_by_id(&caller.user_id) else {
                return errors::unauthorized();
            };
            let mut data = json!({"id": user.id, "name": user.name, "username": user.username});
            for field in fields {
                let value: Value = match field {
                    "subscription_type" if user.options.premium => "Premium".into(),
                    "subscription_type" => "None".into(),
                    "verified_type" if user.options.premium => "blue".into(),
                    "verified_type" => "none".into(),
                    "verified" => user.options.premium.into(),
                    "protected" => false.into(),
                    "created_at" => "2020-01-01T00:00:00.000Z".into(),
                    _ => continue,
                };
                data[field] = value;
            }
            Json(json!({"data": data})).into_response()
        },
    )
}
