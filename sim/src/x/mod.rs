//! The X API v2, as far as the service uses it.

pub(crate) mod authorize;
mod errors;
mod guard;
pub(crate) mod limits;
mod media;
pub(crate) mod model;
mod post_request;
mod post_rules;
mod posts;
pub(crate) mod routes;
mod shown_text;
pub(crate) mod slips;
pub(crate) mod state;
mod timeline;
pub(crate) mod token;
mod users;
mod weight;
