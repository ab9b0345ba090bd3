//! One file per route.

pub(crate) mod auth_callback;
pub(crate) mod auth_confirm;
pub(crate) mod auth_page;
pub(crate) mod auth_start;
pub(crate) mod health;
pub(crate) mod message;
pub(crate) mod not_found;
pub(crate) mod status;
