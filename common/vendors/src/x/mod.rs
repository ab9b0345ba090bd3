//! The X API v2: sign-in, posts, an account's timeline, and whose account it is.

mod answers;
mod check_app;
mod client;
mod config;
pub mod errors;
#[cfg(fuzzing)]
pub mod fuzzing;
pub mod oauth;
mod oauth_answers;
mod oauth_transport;
mod phrases;
pub mod posts;
mod problem;
mod rate_limits;
mod rejections;
pub mod timeline;
pub mod users;

pub use check_app::AppCheck;
pub use client::XClient;
pub use config::XConfig;
