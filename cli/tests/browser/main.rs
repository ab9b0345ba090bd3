//! What a person sees in a browser: `birdcall dev` runs as a person starts it, and Chromium looks
//! at it.
//!
//! `BIRDCALL_TEST_CHROMIUM` and `BIRDCALL_TEST_CHROMEDRIVER` name the two programs. By default they
//! are where Debian installs them. Without them, these tests pass and say that they were left out,
//! unless `BIRDCALL_TEST_NOTHING_SKIPPED` is set. If `BIRDCALL_UPDATE_SCREENSHOT` is set, the
//! pictures in `docs/` are replaced.

mod barriers;
mod chromium;
mod console;
mod dev;
mod phone;
mod questions;
mod sign_in;
mod trouble;
