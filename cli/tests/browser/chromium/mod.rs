//! Chromium, which looks at a running `birdcall dev`.

mod page;
mod start;

pub(crate) use page::Browser;
pub(crate) use start::{DESKTOP, PHONE, Viewport, setting, with_browser};
