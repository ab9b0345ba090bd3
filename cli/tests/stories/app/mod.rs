//! A whole Birdcall for a story.

mod browser;
mod look;
mod seen;
mod sign_in;
mod start;
mod steps;

pub(crate) use browser::{Page, browser};
pub(crate) use seen::SeenReply;
pub(crate) use start::{App, Changes};
