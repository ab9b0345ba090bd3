//! Uploads of media, in one request or in chunks.

mod body;
pub(super) mod chunked;
pub(super) mod metadata;
pub(super) mod one_shot;
mod render;
mod rules;
