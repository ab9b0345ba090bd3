//! Twilio's REST API.

mod account;
mod create;
mod create_rules;
mod credentials;
mod errors;
mod list;
mod media;
mod messages;
mod numbers;
mod render;
pub(crate) mod routes;
mod services;
