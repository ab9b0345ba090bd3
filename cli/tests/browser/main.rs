//! What a person sees in a browser: `birdcall dev` as it is run by hand, and Chromium through
//! chromedriver.
//!
//! `BIRDCALL_TEST_CHROMIUM` and `BIRDCALL_TEST_CHROMEDRIVER` name the two programs; unset, they are
//! looked for where Debian puts them. Without them these tests pass and say that they were left
//! out, unless `BIRDCALL_TEST_NOTHING_SKIPPED` is set. With `BIRDCALL_UPDATE_SCREENSHOT` the picture
//! in `docs/` is taken anew.

mod browser;
mod dev;
mod phone;
mod sign_in;
