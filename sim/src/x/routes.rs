//! The routes of the X API v2 that the service uses.

use axum::{
    Router,
    routing::{delete, get, post},
};

use super::{
    authorize,
    media::{chunked, metadata, one_shot},
    posts, timeline, token, users,
};
use crate::sim::Sim;

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
        .route(
            "/2/media/upload",
            post(one_shot::upload).get(chunked::status),
        )
        .route("/2/media/upload/initialize", post(chunked::initialize))
        .route("/2/media/upload/{id}/append", post(chunked::append))
        .route("/2/media/upload/{id}/finalize", post(chunked::finalize))
        .route("/2/media/metadata", post(metadata::metadata))
}
