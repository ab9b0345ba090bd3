//! The rules, pure: no async, no IO, and nothing of ours but values.
//!
//! A handler claims a row, calls the outside world once, and asks a function in here what to write.
//! The time and chance come in as values. The only files that touch the machine are
//! [`clock`] and [`random`], where the two traits for them live.

pub mod account;
pub mod authorization;
pub mod backoff;
pub mod blocking;
pub mod call;
pub mod clock;
pub mod command;
pub mod country;
pub mod csv;
pub mod erasing;
pub mod health;
pub mod inbound;
pub mod keeping;
pub mod lateness;
pub mod operator;
pub mod overview;
pub mod people;
pub mod phone;
pub mod post;
pub mod public_url;
pub mod queue;
pub mod random;
pub mod reaction;
pub mod rejection;
pub mod replay_run;
pub mod reply;
pub mod search;
pub mod sign_up;
pub mod sms;
pub mod spend;
pub mod text;
pub mod time_line;
pub mod tone;
pub mod unlinking;
pub mod visible;
pub mod wording;
mod words;
