//! The X API v2, as far as the service uses it.

pub(crate) mod authorize;
mod errors;
pub(crate) mod limits;
mod media;
pub(crate) mod model;
mod post_request;
mod posts;
mod shown_text;
mod timeline;
mod token;
mod upload;
mod users;

use axum::{
    Router,
    routing::{delete, get, post},
};

use crate::Sim;

pub(crate) fn router() -> Router<Sim> {
    Router::new()
        .route(
            "/i/oauth2/authorize",
            get(authorize::page).post(authorize::submit),
        )
        .route("/2/oauth2/token", post(token::token))
        .route("/2/oauth2/revoke", post(token::revoke))
        .route("/2/users/me", get(users::me))
        .route("/2/users/{id}/tweets", get(timeline::timeline))
        .route("/2/tweets", post(posts::create))
        .route("/2/tweets/{id}", delete(posts::delete))
        .route("/2/media/upload", post(media::upload).get(media::status))
        .route("/2/media/upload/initialize", post(media::initialize))
        .route("/2/media/upload/{id}/append", post(media::append))
        .route("/2/media/upload/{id}/finalize", post(media::finalize))
        .route("/2/media/metadata", post(media::metadata))
}
